import type { App, HostClient, Template } from '../../client/host/index.ts';
import { HostClientError } from '../../client/host/index.ts';
import type { AppRequest } from '../app/app-route.ts';
import type { Fault } from '../fault.ts';
import { faultOf } from '../fault.ts';
import type { Form } from '../frame/form.ts';
import { Refusal } from '../frame/refusal.ts';

import type { Texts } from '../frame/texts.ts';

/** What stands in a cell of the table: edited here, built in, or edited and of no use any more. */
export type Mark = 'own' | 'builtIn' | 'missing';

/** A text that nobody edited is as old as the app. */
export function isOwn({ createdAt, updatedAt }: Template, app: App): boolean {
  return createdAt !== app.createdAt || updatedAt !== app.createdAt;
}

/** The mark of a text; an edited one is tried, for its placeholders may have gone. */
export async function markOfText(host: HostClient, app: App, text: Template): Promise<Mark> {
  if (!isOwn(text, app)) return 'builtIn';
  const { appId } = app;
  const isFit = await host.texts.preview({ appId, _id: text._id }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof HostClientError && error.kind === 'refused') return false;
      throw error;
    },
  );
  return isFit ? 'own' : 'missing';
}

/** The text that an address names. Throws `Refusal` 404. */
export async function textOf({ host, appId, params }: AppRequest): Promise<Template> {
  const all = await host.texts.list({ appId });
  const { template = '', locale = '' } = params;
  const found = Object.hasOwn(all, locale)
    ? all[locale]?.find(({ templateName }) => templateName === template)
    : undefined;
  if (!found) throw new Refusal(404);
  return found;
}

/** What of a text is typed in its form. */
export interface TypedText {
  subject: string;
  htmlTemplate: string;
  replyTo: string;
  localeLinkText: string | undefined;
}
export function typedText(form: Form): TypedText {
  return {
    subject: form.get('subject'),
    // A form sends line ends as RFC 2046 has them.
    htmlTemplate: form.get('htmlTemplate').replaceAll('\r\n', '\n'),
    replyTo: form.get('replyTo').trim(),
    localeLinkText: form.has('localeLinkText') ? form.get('localeLinkText') : undefined,
  };
}

/** What a host found wrong with a text. Throws whatever is no refusal. */
export function textFault(texts: Texts, error: unknown): Fault {
  const fault = faultOf(texts, error);
  const message = error instanceof Error ? error.message : '';
  const [, name, wrong] = /^%(\w+)% (is missing|is not known|cannot stand)/.exec(message) ?? [];
  const key = { 'is missing': 'missing', 'is not known': 'unknown', 'cannot stand': 'misplaced' }[
    wrong ?? ''
  ];
  if (key) return { ...fault, text: texts.say(`messages.fault.${key}`, { name: `%${name}%` }) };
  return fault.field === 'htmlTemplate' ? { ...fault, text: texts.say('reason.other', { message }) } : fault;
}
