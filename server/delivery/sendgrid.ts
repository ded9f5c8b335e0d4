import type sdk from '@sendgrid/mail';
import type { Message } from '../model/message.ts';
import { DeliveryError } from '../ports/delivery/delivery-error.ts';
import { BoundedMap } from '../tools/bounded-map.ts';
import { SEND_MS, withinDeadline } from './deadline.ts';
import { refusedByProvider, unreachableProvider } from './provider-error.ts';

type MailService = typeof sdk;
/** What a service has besides its declarations. */
interface Client {
  setDefaultRequest(fields: object): void;
  request(asked: {
    method: 'GET';
    url: string;
    qs?: Record<string, string>;
  }): Promise<[{ body: unknown }, unknown]>;
}
type ServiceWithClient = MailService & { client: Client };
/** What the package exports besides its declarations. */
interface UndeclaredExports {
  MailService: new () => ServiceWithClient;
}

const PROVIDER = 'sendgrid';
/** More keys than apps use at a time; beyond it the oldest client is made anew when needed. */
const CLIENTS = 200;

/** Sends through SendGrid's v3 API with one account. Throws `DeliveryError`. */
export interface SendGrid {
  send(apiKey: string, message: Message): Promise<void>;
  /** What the key may do; undefined where the answer does not say. Sends nothing. */
  rights(apiKey: string): Promise<string[] | undefined>;
  /** Whether SendGrid knows that this sender is the account's; undefined where the key may not ask. */
  isVerified(apiKey: string, sender: string): Promise<boolean | undefined>;
}

/** `baseUrl`: `SEND_GRID_URL`. The SDK is loaded by the first message. */
export function createSendGrid({ baseUrl }: { baseUrl: string }): SendGrid {
  const services = new BoundedMap<ServiceWithClient>(CLIENTS);

  async function serviceFor(apiKey: string): Promise<ServiceWithClient> {
    const known = services.get(apiKey);
    if (known) return known;
    const service = await newService(apiKey, baseUrl);
    services.set(apiKey, service);
    return service;
  }

  async function ask(apiKey: string, url: string, qs: Record<string, string> = {}): Promise<unknown> {
    const { client } = await serviceFor(apiKey);
    const asked = client.request({ method: 'GET', url, qs }).catch(throwDeliveryError);
    const [{ body }] = await withinDeadline(PROVIDER, asked);
    return body;
  }
  /** Rights that a restricted key lacks hide this from it. */
  async function askIfAllowed(...asked: Parameters<typeof ask>): Promise<unknown> {
    try {
      return await ask(...asked);
    } catch (error) {
      if (error instanceof DeliveryError && error.status !== undefined) return undefined;
      throw error;
    }
  }

  return {
    async send(apiKey, message) {
      const service = await serviceFor(apiKey);
      await withinDeadline(PROVIDER, service.send(mailOf(message)).catch(throwDeliveryError));
    },
    async rights(apiKey) {
      const { scopes } = members(await ask(apiKey, '/v3/scopes'));
      return Array.isArray(scopes) ? scopes.map(String) : undefined;
    },
    async isVerified(apiKey, sender) {
      const domain = sender.split('@').at(-1) ?? '';
      const [domains, senders] = await Promise.all([
        askIfAllowed(apiKey, '/v3/whitelabel/domains', { domain }),
        askIfAllowed(apiKey, '/v3/verified_senders', { limit: '200' }),
      ]);
      const { results } = members(senders);
      const isOurs = (entry: unknown) => {
        const { from_email: address, verified } = members(entry);
        return verified === true && String(address).toLowerCase() === sender.toLowerCase();
      };
      const isValid = (entry: unknown) => {
        const { domain: name, valid } = members(entry);
        return valid === true && isOrUnder(domain.toLowerCase(), String(name).toLowerCase());
      };
      if (Array.isArray(domains) && domains.some(isValid)) return true;
      if (Array.isArray(results) && results.some(isOurs)) return true;
      return Array.isArray(domains) && Array.isArray(results) ? false : undefined;
    },
  };
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isOrUnder(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}

async function newService(apiKey: string, baseUrl: string): Promise<ServiceWithClient> {
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
