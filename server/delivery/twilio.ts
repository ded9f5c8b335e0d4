import type { Twilio } from 'twilio';
import type { TwilioAccount } from '../model/app.ts';
import type { Message } from '../model/message.ts';
import { DeliveryError } from '../ports/delivery/delivery-error.ts';
import { BoundedMap } from '../tools/bounded-map.ts';
import { SEND_MS, withinDeadline } from './deadline.ts';
import { refusedByProvider, unreachableProvider } from './provider-error.ts';

const PROVIDER = 'twilio';
/** More accounts than are used at a time; beyond it the oldest client is made anew when needed. */
const CLIENTS = 200;
const E164 = /^\+[1-9][0-9]{6,14}$/;

/** Sends SMS through Twilio with one account. Throws `DeliveryError`. */
export interface TwilioSender {
  send(account: TwilioAccount, message: Message): Promise<void>;
  /** Asks for the account, and sends nothing; answers its status, `active` for one that may send. */
  verify(account: TwilioAccount): Promise<string>;
}

/** `baseUrl`: `TWILIO_URL`. The SDK is loaded by the first message. */
export function createTwilio({ baseUrl }: { baseUrl: string }): TwilioSender {
  const clients = new BoundedMap<Twilio>(CLIENTS);

  async function clientFor({ accountSid, token }: TwilioAccount): Promise<Twilio> {
    const key = `${accountSid} ${token}`;
    const known = clients.get(key);
    if (known) return known;
    const client = await newClient(accountSid, token, baseUrl);
    clients.set(key, client);
    return client;
  }

  return {
    async send(account, message) {
      if (!E164.test(message.to))
        throw new DeliveryError({ step: 'recipient', provider: PROVIDER, retryable: false });
      const client = await clientFor(account);
      const sent = client.messages.create({ to: message.to, from: account.phoneNumber, body: message.text });
      await withinDeadline(PROVIDER, sent.catch(throwDeliveryError));
    },
    async verify(account) {
      const client = await clientFor(account);
      const asked = client.api.v2010.accounts(account.accountSid).fetch();
      const { status } = await withinDeadline(PROVIDER, asked.catch(throwDeliveryError));
      return String(status);
    },
  };
}

async function newClient(accountSid: string, token: string, baseUrl: string): Promise<Twilio> {
  const { default: twilio } = await import('twilio');
  try {
    // Empty region and edge: the SDK would otherwise take them from the environment and change the host name.
    const client = twilio(accountSid, token, { timeout: SEND_MS, autoRetry: false, region: '', edge: '' });
    client.api.baseUrl = baseUrl;
    return client;
  } catch {
    // The SDK refuses an account id that cannot be one, and quotes it.
    throw new DeliveryError({ step: 'auth', provider: PROVIDER, retryable: true });
  }
}

/** Twilio's codes for a number that is not the account's, or cannot send (as `status` 400 all the same). */
const SENDER_CODES: readonly unknown[] = [21212, 21603, 21606, 21659, 21660];

function throwDeliveryError(thrown: unknown): never {
  const { status, code } = Object(thrown) as { status?: unknown; code?: unknown };
  if (typeof status !== 'number' || status === 0) throw unreachableProvider(PROVIDER, thrown);
  if (status === 400 && SENDER_CODES.includes(code))
    throw new DeliveryError({ step: 'sender', provider: PROVIDER, status, retryable: true });
  throw refusedByProvider(PROVIDER, status);
}
