import type sdk from '@sendgrid/mail';
import type { Message } from '../model/message.ts';
import { DeliveryError } from '../ports/delivery/delivery-error.ts';
import { BoundedMap } from '../tools/bounded-map.ts';
import { SEND_MS, withinDeadline } from './deadline.ts';
import { refusedByProvider, unreachableProvider } from './provider-error.ts';

type MailService = typeof sdk;
/** What the package exports besides its declarations. */
interface UndeclaredExports {
  MailService: new () => MailService & { client: { setDefaultRequest(fields: object): void } };
}

const PROVIDER = 'sendgrid';
/** More keys than apps use at a time; beyond it the oldest client is made anew when needed. */
const CLIENTS = 200;

/** Sends through SendGrid's v3 API with one account. Throws `DeliveryError`. */
export interface SendGrid {
  send(apiKey: string, message: Message): Promise<void>;
}

/** `baseUrl`: `SEND_GRID_URL`. The SDK is loaded by the first message. */
export function createSendGrid({ baseUrl }: { baseUrl: string }): SendGrid {
  const services = new BoundedMap<MailService>(CLIENTS);

  async function serviceFor(apiKey: string): Promise<MailService> {
    const known = services.get(apiKey);
    if (known) return known;
    const service = await newService(apiKey, baseUrl);
    services.set(apiKey, service);
    return service;
  }

  return {
    async send(apiKey, message) {
      const service = await serviceFor(apiKey);
      await withinDeadline(PROVIDER, service.send(mailOf(message)).catch(throwDeliveryError));
    },
  };
}

async function newService(apiKey: string, baseUrl: string): Promise<MailService> {
  const { default: exported } = await import('@sendgrid/mail');
  // The exported instance is one for the whole process: an app's key must never serve another app.
  const { MailService } = exported as unknown as UndeclaredExports;
  const service = new MailService();
  service.setApiKey(apiKey);
  service.setTimeout(SEND_MS);
  // After the key, which resets the address. A redirect would carry the key elsewhere.
  service.client.setDefaultRequest({ baseUrl, maxRedirects: 0, maxContentLength: 1_000_000 });
  return service;
}

function mailOf(message: Message): Parameters<MailService['send']>[0] {
  const { to, from, fromName, replyTo, subject = '', text, html, attachments } = message;
  return {
    to,
    from: { email: from, name: fromName },
    replyTo,
    subject,
    text,
    html,
    attachments: attachments?.map(({ filename, contentType, content }) => ({
      filename,
      type: contentType,
      content,
      disposition: 'attachment',
    })),
    // Tracking would rewrite links that carry codes and tell when a mail is read.
    trackingSettings: {
      clickTracking: { enable: false, enableText: false },
      openTracking: { enable: false },
    },
  };
}

function throwDeliveryError(thrown: unknown): never {
  const status = statusOf(thrown);
  if (thrown instanceof DeliveryError) throw thrown;
  throw status ? refusedByProvider(PROVIDER, status) : unreachableProvider(PROVIDER, thrown);
}

/** The SDK puts the HTTP status into `code`, axios into `response.status` (redirects). */
function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  if ('code' in thrown && typeof thrown.code === 'number') return thrown.code;
  if (!('response' in thrown) || typeof thrown.response !== 'object' || thrown.response === null)
    return undefined;
  return 'status' in thrown.response && typeof thrown.response.status === 'number'
    ? thrown.response.status
    : undefined;
}
