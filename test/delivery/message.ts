import type { App } from '../../server/model/app.ts';
import type { Message } from '../../server/model/message.ts';
import { DeliveryError } from '../../server/ports/delivery/delivery-error.ts';

/** A secret that may not turn up in any error. */
export const CANARY = 'canary482915';

/** A mail with every part. */
export function aMail(fields: Partial<Message> = {}): Message {
  return {
    channel: 'email',
    appId: 'a'.repeat(32),
    message: 'signUp',
    locale: 'EN',
    to: 'ada@example.com',
    from: 'noreply@host.example',
    fromName: 'Schach – Verein',
    subject: 'Dein Code für Schach ♞',
    text: `Code: ${CANARY}\n.\nBis bald`,
    html: `<p>Code: <b>${CANARY}</b></p>`,
    code: CANARY,
    ...fields,
  };
}

export function anSms(fields: Partial<Message> = {}): Message {
  const { subject, html, fromName, ...sms } = aMail();
  return { ...sms, channel: 'sms', message: 'sms', to: '+4917012345678', from: '+15005550006', ...fields };
}

/** An app as far as delivery looks at it. */
export function anApp(fields: Partial<App> = {}): App {
  return { id: 'a'.repeat(32), name: 'Schach', emailExtension: false, ...fields } as App;
}

/** The `DeliveryError` a call ends with; undefined when it succeeds. */
export async function failureOf(call: Promise<void>): Promise<DeliveryError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof DeliveryError) return error;
    throw error;
  }
}
