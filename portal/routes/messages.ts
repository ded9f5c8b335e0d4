import type { CheckOutcome, Template } from '../../client/host/index.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { type Fault, faultOf } from '../fault.ts';
import { frameDocument, type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import { faultDocument, previewDocument, VIEWS } from '../messages/preview.ts';
import { isOwn, markOfText, type TypedText, textFault, textOf, typedText } from '../messages/text.ts';
import { accessOf } from '../roles.ts';
import { staleModel } from '../stale.ts';
import { shownWalk } from '../walk.ts';
import { showDeliveries } from './deliveries.ts';

const TEXT = '/messages/:template/:locale';
const may = 'changeTexts';

/** Texts of an app: which there are, and one of them with its preview. */
export const messageRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '/messages', may: 'seeDelivery', respond: (request) => show(request) }),
  appRoute({ method: 'POST', path: '/messages', may, respond: checkMail }),
  appRoute({ method: 'GET', path: TEXT, may: 'seeTexts', respond: (request) => editor(request) }),
  appRoute({ method: 'POST', path: TEXT, may, respond: save }),
  appRoute({ method: 'POST', path: `${TEXT}/revert`, may, respond: revert }),
  appRoute({ method: 'POST', path: `${TEXT}/copy`, may, respond: copy }),
  appRoute({ method: 'POST', path: `${TEXT}/send`, may, respond: send }),
  appRoute({ method: 'GET', path: `${TEXT}/preview`, may: 'seeTexts', respond: preview }),
  appRoute({ method: 'POST', path: `${TEXT}/preview`, may: 'seeTexts', respond: preview }),
];

/** Who may not see texts sees what became of messages. */
async function show(
  request: AppRequest,
  check: { to?: string; outcome?: CheckOutcome; fault?: string } = {},
): Promise<PortalReply> {
  const { host, app, appId, base, operator, texts } = request;
  if (accessOf(operator, 'seeTexts') === 'none') return showDeliveries(request);
  const byLocale = Object.entries(await host.texts.list({ appId }));
  const names = byLocale[0]?.[1].map(({ templateName }) => templateName) ?? [];
  const rows = await Promise.all(
    names.map(async (name) => ({
      name: nameOf(request, name),
      cells: await Promise.all(
        byLocale.map(async ([locale, all]) => {
          const text = all.find(({ templateName }) => templateName === name);
          const mark = text ? await markOfText(host, app, text) : 'builtIn';
          return {
            href: `${base}/messages/${name}/${locale}`,
            locale,
            isMissing: mark === 'missing',
            isOwn: mark === 'own',
            mark: texts.say(`messages.mark.${mark}`),
          };
        }),
      ),
    })),
  );
  const model = {
    rows,
    locales: byLocale.map(([locale]) => locale),
    to: check.to ?? operator.email,
    fault: check.fault,
    walk: check.outcome && shownWalk(texts, check.outcome),
  };
  return appPage(request, 'messages', 'appBar.messages', model, { status: check.fault ? 422 : 200 });
}

async function checkMail(request: AppRequest): Promise<PortalReply> {
  const { host, appId, form, texts } = request;
  const to = form.get('to').trim();
  try {
    return await show(request, { to, outcome: await host.host.testMail({ to, appId }) });
  } catch (error) {
    return show(request, { to, fault: faultOf(texts, error).text });
  }
}

interface Editing {
  typed?: TypedText;
  fault?: Fault | undefined;
  to?: string;
  toFault?: string;
  outcome?: CheckOutcome;
}

async function editor(request: AppRequest, editing: Editing = {}): Promise<PortalReply> {
  const { app, base, texts, operator } = request;
  const text = await textOf(request);
  const { templateName: name, locale } = text;
  const { typed = text, fault, outcome, to, toFault } = editing;
  const address = `${base}/messages/${name}/${locale}`;
  const model = {
    address,
    name: nameOf(request, name),
    locale,
    subject: typed.subject,
    htmlTemplate: typed.htmlTemplate,
    replyTo: typed.replyTo,
    linkText: name === 'signUpLink' ? { value: typed.localeLinkText ?? '' } : undefined,
    updatedAt: text.updatedAt,
    isOwn: isOwn(text, app),
    isMail: name !== 'sms' && name !== 'clickThrough',
    isSms: name === 'sms',
    isSent: name !== 'clickThrough',
    views: VIEWS.map((value, at) => ({
      value,
      label: texts.say(`messages.view.${value}`),
      chosen: at === 0,
    })),
    others: app.locales.filter((other) => other !== locale).map((value) => ({ value, label: value })),
    locales: app.locales.map((value) => ({
      value,
      current: value === locale,
      href: `${base}/messages/${name}/${value}`,
    })),
    errors: {
      subject: fault?.field === 'subject' ? fault.text : undefined,
      replyTo: fault?.field === 'replyTo' ? fault.text : undefined,
      body: fault && fault.field !== 'subject' && fault.field !== 'replyTo' ? fault.text : undefined,
      to: toFault,
    },
    to: to ?? (name === 'sms' ? '' : operator.email),
    walk: outcome && shownWalk(texts, outcome),
  };
  const isBad = fault !== undefined || toFault !== undefined;
  return appPage(request, 'message', { literal: `${model.name} · ${locale}` }, model, {
    status: isBad ? 422 : 200,
  });
}

function nameOf({ texts }: AppRequest, name: string): string {
  return texts.say(`messages.template.${name}`);
}

async function save(request: AppRequest): Promise<PortalReply> {
  const { host, appId, form, base, path, texts } = request;
  const text = await textOf(request);
  const typed = typedText(form);
  if (form.get('updatedAt') !== text.updatedAt) return stale(request, text, typed);
  try {
    await host.texts.update({ appId, _id: text._id, ...typed });
  } catch (error) {
    return editor(request, { typed, fault: textFault(texts, error) });
  }
  await noteChange(request, 'changeText', text);
  return redirect(path.startsWith(base) ? path : base, { notice: 'saved' });
}

async function stale(request: AppRequest, text: Template, typed: TypedText): Promise<PortalReply> {
  const { form, path, texts } = request;
  const differences = (['subject', 'htmlTemplate', 'replyTo'] as const)
    .filter((name) => typed[name] !== text[name])
    .map((name) => ({ label: texts.say(`messages.${name}`), mine: typed[name], theirs: text[name] }));
  const over = { updatedAt: text.updatedAt };
  const model = staleModel(texts, form, { action: path, back: path, differences, over });
  return appPage(request, 'stale', 'stale.title', model, { status: 409 });
}

async function revert(request: AppRequest): Promise<PortalReply> {
  const { host, appId, path } = request;
  const text = await textOf(request);
  const { templateName, locale } = text;
  await host.texts.reset({ appId, templateName, locale });
  await noteChange(request, 'revertText', text);
  return redirect(path.replace(/\/revert$/, ''), { notice: 'messages.reverted' });
}

/** What is typed becomes the text of another language. */
async function copy(request: AppRequest): Promise<PortalReply> {
  const { host, appId, form, params, base, texts } = request;
  const typed = typedText(form);
  const target = await textOf({ ...request, params: { ...params, locale: form.get('language') } });
  try {
    await host.texts.update({ appId, _id: target._id, ...typed });
  } catch (error) {
    return editor(request, { typed, fault: textFault(texts, error) });
  }
  await noteChange(request, 'changeText', target);
  return redirect(`${base}/messages/${target.templateName}/${target.locale}`, { notice: 'messages.copied' });
}

/** Sends the text as it is stored, and tells how each step fared. */
async function send(request: AppRequest): Promise<PortalReply> {
  const { host, appId, form, texts } = request;
  const { templateName, locale } = await textOf(request);
  const typed = typedText(form);
  const to = form.get('to').trim();
  try {
    const outcome = await host.texts.sendTest({ appId, templateName, locale, to });
    return await editor(request, { typed, to, outcome });
  } catch (error) {
    return editor(request, { typed, to, toFault: faultOf(texts, error).text });
  }
}

async function preview(request: AppRequest): Promise<PortalReply> {
  const { host, appId, form, query, texts } = request;
  const text = await textOf(request);
  const { templateName: name, _id } = text;
  const typed = form.has('htmlTemplate') ? typedText(form) : undefined;
  const wanted = form.get('view') || query.get('view');
  const view = VIEWS.find((one) => one === wanted) ?? 'wide';
  try {
    const parts = typed && { ...typed, replyTo: undefined };
    const message = await host.texts.preview({ appId, _id, ...parts });
    return frameDocument(previewDocument(texts, { name, view, message }));
  } catch (error) {
    return frameDocument(faultDocument(texts, textFault(texts, error).text), 422);
  }
}

function noteChange(request: AppRequest, action: string, { templateName, locale }: Template): Promise<void> {
  const { audit, hostId, appId } = request;
  return audit({ action, host: hostId, appId, target: `${templateName} ${locale}` });
}
