import type { App } from '../model/app.ts';
import type { Config } from '../model/config.ts';
import { isSendable } from '../model/mail-address.ts';
import { type Message, mailSender, ownMailAccount } from '../model/message.ts';
import { DeliveryError } from '../ports/delivery/delivery-error.ts';
import type { Mailer } from '../ports/delivery/mailer.ts';
import type { Outbox } from './outbox.ts';
import { createSendGrid } from './sendgrid.ts';
import type { Smtp } from './smtp.ts';

/**
 * Mail through the app's own SendGrid account where it has one, else through the host's provider (`MAIL`).
 */
export function createMailer({ config, outbox }: { config: Config; outbox: Outbox }): Mailer {
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

  return {
    provider: config.mail,
    async send(message, app: App | undefined) {
      const own = ownMailAccount(app);
      // The account may have changed while the message waited: its sender goes with it.
      const mail = { ...message, from: mailSender(app, config.noreplyEmail) };
      const provider = own ? 'sendgrid' : config.mail;
      if (!isSendable(mail.to)) throw new DeliveryError({ step: 'recipient', provider, retryable: false });
      if (mail.replyTo && !isSendable(mail.replyTo)) mail.replyTo = undefined;
      return own ? sendGrid.send(own.apiKey, mail) : deliver(mail);
    },
  };
}
