import type { App, TwilioAccount } from '../model/app.ts';
import type { Config } from '../model/config.ts';
import { DeliveryError } from '../ports/delivery/delivery-error.ts';
import type { DnsRecords } from '../ports/delivery/dns-records.ts';
import type { Texter } from '../ports/delivery/texter.ts';
import { createDnsRecords } from './dns.ts';
import { deliverTo, type Outbox } from './outbox.ts';
import { providerPlace, walkTwilio } from './provider-walk.ts';
import { Steps } from './steps.ts';
import { createTwilio } from './twilio.ts';

/** SMS through the app's own Twilio account where it has one, else through the host's texter (`SMS`). */
export function createTexter({
  config,
  outbox,
  records = createDnsRecords(),
}: {
  config: Config;
  outbox: Outbox;
  records?: DnsRecords;
}): Texter {
  const twilio = createTwilio({ baseUrl: config.twilioUrl });
  const hostAccount = config.sms === 'twilio' ? config.twilio : undefined;

  function accountOf(app: App | undefined): TwilioAccount | undefined {
    return app?.twilio ?? hostAccount;
  }

  return {
    provider: config.sms,
    available: (app) => config.sms === 'outbox' || accountOf(app) !== undefined,
    async send(message, app) {
      const account = accountOf(app);
      if (account) return twilio.send(account, { ...message, from: account.phoneNumber });
      if (config.sms === 'outbox') return outbox.deliver(message);
      throw new DeliveryError({ step: 'provider', provider: 'none', retryable: false });
    },
    verify(message, app) {
      const account = accountOf(app);
      return Steps.of(async (steps) => {
        if (account) {
          const sms = message && { ...message, from: account.phoneNumber };
          await walkTwilio(steps, { twilio, baseUrl: config.twilioUrl, account, message: sms, records });
        } else if (config.sms === 'outbox' && message) await deliverTo(outbox, steps, message);
      });
    },
    way(app) {
      if (accountOf(app)) return { kind: 'twilio', server: providerPlace(config.twilioUrl) };
      return { kind: config.sms === 'outbox' ? 'outbox' : 'none', server: undefined };
    },
  };
}
