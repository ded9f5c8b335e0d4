import type { Way } from './prompter.ts';
import type { Table } from './table.ts';

/** Which mailer the host has, tried at once. */
export async function mail(table: Table): Promise<Way> {
  const { texts, prompter, checks } = table;
  const kind = await prompter.select(
    'Mail',
    table.config().mail,
    [
      { title: 'Outbox file', value: 'outbox', description: 'for development: nobody gets any' },
      { title: 'SendGrid', value: 'sendgrid' },
      { title: 'SMTP server', value: 'smtp' },
    ],
    'Carries codes and links to users. Unsure: outbox, for now.',
  );
  texts.MAIL = kind;
  if (kind === 'outbox') {
    table.note(await checks.mail(table.config()));
    return 'on';
  }
  const question = async () => {
    if (kind === 'sendgrid') {
      const note = 'Settings, API Keys, with the right to send mail.';
      texts.SEND_GRID_API_KEY = await prompter.secret(
        'SEND_GRID_API_KEY',
        'SendGrid API key',
        texts.SEND_GRID_API_KEY,
        note,
      );
    } else {
      const note = 'Of the form smtp://user:password@host:587';
      texts.SMTP_URL = await prompter.secret('SMTP_URL', 'SMTP address', texts.SMTP_URL, note);
    }
  };
  const { way, result } = await prompter.checked({
    what: 'Logging in to the mail provider',
    check: () => checks.mail(table.config()),
    question,
  });
  if (way !== 'on') return way;
  table.note(result);
  const sender = texts.NOREPLY_EMAIL ?? table.config().noreplyEmail;
  texts.NOREPLY_EMAIL = await prompter.text(
    'NOREPLY_EMAIL',
    'Sender address',
    sender,
    'Mails come from it; the provider has to know it.',
  );
  if (result?.ok)
    await prompter.offerTest('Send a test mail to (empty: no)', (to) => checks.testMail(table.config(), to));
  return 'on';
}

/** Which texter the host has, tried at once. */
export async function sms(table: Table): Promise<Way> {
  const { texts, prompter, checks } = table;
  const kind = await prompter.select(
    'SMS',
    table.config().sms,
    [
      { title: 'Outbox file', value: 'outbox', description: 'for development' },
      { title: 'None', value: 'none', description: 'apps may bring a Twilio account' },
      { title: 'Twilio', value: 'twilio' },
    ],
    'For codes to phones. Unsure: outbox, for now.',
  );
  texts.SMS = kind;
  if (kind !== 'twilio') {
    table.note(await checks.sms(table.config()));
    return 'on';
  }
  const { way, result } = await prompter.checked({
    what: 'Logging in to Twilio',
    check: () => checks.sms(table.config()),
    question: async () => {
      const note = 'On the first page of the Twilio console.';
      const { TWILIO_ACCOUNT_SID, TWILIO_TOKEN, TWILIO_PHONE_NUMBER } = texts;
      texts.TWILIO_ACCOUNT_SID = await prompter.text(
        'TWILIO_ACCOUNT_SID',
        'Twilio account SID',
        TWILIO_ACCOUNT_SID ?? '',
        note,
      );
      texts.TWILIO_TOKEN = await prompter.secret('TWILIO_TOKEN', 'Twilio auth token', TWILIO_TOKEN, note);
      texts.TWILIO_PHONE_NUMBER = await prompter.text(
        'TWILIO_PHONE_NUMBER',
        'Twilio number',
        TWILIO_PHONE_NUMBER ?? '',
        'With + and country code, such as +15005550006.',
      );
    },
  });
  if (way !== 'on') return way;
  table.note(result);
  if (result?.ok)
    await prompter.offerTest('Send a test SMS to (empty: no)', (to) => checks.testSms(table.config(), to));
  return 'on';
}
