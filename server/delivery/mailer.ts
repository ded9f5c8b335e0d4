import type { App } from '../model/app.ts';
import type { Config } from '../model/config.ts';
import { isSendable } from '../model/mail-address.ts';
import { type Message, mailSender, ownMailAccount } from '../model/message.ts';
import { DeliveryError } from '../ports/delivery/delivery-error.ts';
import type { DnsRecords } from '../ports/delivery/dns-records.ts';
import type { Mailer } from '../ports/delivery/mailer.ts';
import { createDnsRecords } from './dns.ts';
import { deliverTo, type Outbox } from './outbox.ts';
import { providerPlace, walkSendGrid } from './provider-walk.ts';
import { createSendGrid } from './sendgrid.ts';
import type { Smtp } from './smtp.ts';
import { smtpPlace } from './smtp-place.ts';
import { type Place, Steps } from './steps.ts';

/**
 * Mail through the app's own SendGrid account where it has one, else through the host's provider (`MAIL`).
 */
export function createMailer({
  config,
  outbox,
  records = createDnsRecords(),
}: {
  config: Config;
  outbox: Outbox;
  records?: DnsRecords;
}): Mailer {
  const sendGrid = createSendGrid({ baseUrl: config.sendGridUrl });
  const deliver = hostMailer();

  function hostMailer(): (message: Message) => Promise<void> {
    const { mail, sendGridApiKey, smtpUrl } = config;
    if (mail === 'sendgrid' && sendGridApiKey) return (message) => sendGrid.send(sendGridApiKey, message);
    if (mail === 'smtp' && smtpUrl) return (message) => smtp(smtpUrl).then((server) => server.send(message));
    return outbox.deliver;
  }

  let opened: Promise<Smtp> | undefined;
  /** Loaded with the first mail, so that a host without SMTP never loads it. */
  function smtp(url: string): Promise<Smtp> {
    opened ??= import('./smtp.ts').then(({ createSmtp }) => createSmtp({ url }));
    return opened;
  }

  /** The account may have changed while the message waited: its sender goes with it. */
  function addressed(message: Message, app: App | undefined): Message {
    const { replyTo } = message;
    return {
      ...message,
      from: mailSender(app, config.noreplyEmail),
      replyTo: replyTo && isSendable(replyTo) ? replyTo : undefined,
    };
  }

  async function walk(steps: Steps, message: Message | undefined, app: App | undefined): Promise<void> {
    const apiKey =
      ownMailAccount(app)?.apiKey ?? (config.mail === 'sendgrid' ? config.sendGridApiKey : undefined);
    const mail = message && addressed(message, app);
    if (apiKey) {
      const from = mailSender(app, config.noreplyEmail);
      const baseUrl = config.sendGridUrl;
      await walkSendGrid(steps, { sendGrid, baseUrl, apiKey, from, message: mail, records });
    } else if (config.mail === 'smtp' && config.smtpUrl) {
      const { walkSmtp } = await import('./smtp-walk.ts');
      await walkSmtp(steps, { url: config.smtpUrl, message: mail, records });
    } else if (mail) await deliverTo(outbox, steps, mail);
  }

  return {
    provider: config.mail,
    async send(message, app) {
      const own = ownMailAccount(app);
      const mail = addressed(message, app);
      const provider = own ? 'sendgrid' : config.mail;
      if (!isSendable(mail.to)) throw new DeliveryError({ step: 'recipient', provider, retryable: false });
      return own ? sendGrid.send(own.apiKey, mail) : deliver(mail);
    },
    async verify(message, app) {
      if (message && !isSendable(message.to)) return [UNSENDABLE];
      return Steps.of((steps) => walk(steps, message, app));
    },
    way(app) {
      const from = mailSender(app, config.noreplyEmail);
      const kind = ownMailAccount(app) ? 'sendgrid' : config.mail;
      if (kind === 'outbox') return { kind, from, server: undefined };
      return { kind, from, server: serverOf(kind === 'smtp' ? config.smtpUrl : config.sendGridUrl) };
    },
  };
}

const UNSENDABLE = {
  step: 'recipient',
  ok: false,
  ms: 0,
  seen: 'that is no address',
  cause: 'refused',
} as const;

function serverOf(address = ''): Place {
  if (!address.startsWith('smtp')) return providerPlace(address);
  const { host, port } = smtpPlace(address);
  return { host, port };
}
