/** What is known of a provider of mail without asking anybody. */
export interface MailProvider {
  name: string;
  /** How its servers are named in an SPF record. */
  spf: string;
  /** Under which its DKIM keys stand in the sender's DNS; empty where each account has others. */
  selectors: readonly string[];
  /** Mails come back to a name of the provider's choice, so that the sender's SPF need not name it. */
  ownReturnPath?: true;
}

const SENDGRID: MailProvider = {
  name: 'SendGrid',
  spf: 'sendgrid.net',
  selectors: ['s1', 's2'],
  ownReturnPath: true,
};

/** By the end of the name of the server that takes the mail. */
const BY_SERVER: readonly [string, MailProvider][] = [
  ['sendgrid.net', SENDGRID],
  ['amazonaws.com', { name: 'Amazon SES', spf: 'amazonses.com', selectors: [], ownReturnPath: true }],
  ['mailgun.org', { name: 'Mailgun', spf: 'mailgun.org', selectors: [], ownReturnPath: true }],
  ['postmarkapp.com', { name: 'Postmark', spf: 'spf.mtasv.net', selectors: [], ownReturnPath: true }],
  ['gmail.com', { name: 'Google', spf: '_spf.google.com', selectors: ['google'] }],
  [
    'office365.com',
    { name: 'Microsoft 365', spf: 'spf.protection.outlook.com', selectors: ['selector1', 'selector2'] },
  ],
  ['mailjet.com', { name: 'Mailjet', spf: 'spf.mailjet.com', selectors: ['mailjet'], ownReturnPath: true }],
  ['brevo.com', { name: 'Brevo', spf: 'spf.brevo.com', selectors: ['brevo1', 'mail'], ownReturnPath: true }],
  ['fastmail.com', { name: 'Fastmail', spf: 'spf.messagingengine.com', selectors: ['fm1', 'fm2', 'fm3'] }],
];

/** The provider behind a way; undefined for a server nobody knows. */
export function providerOf(way: {
  kind: 'outbox' | 'smtp' | 'sendgrid';
  server: { host: string } | undefined;
}): MailProvider | undefined {
  if (way.kind === 'sendgrid') return SENDGRID;
  const host = way.server?.host.toLowerCase() ?? '';
  return BY_SERVER.find(([name]) => host === name || host.endsWith(`.${name}`))?.[1];
}
