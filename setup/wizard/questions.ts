import { existsSync } from 'node:fs';
import type { CheckResult } from '../../server/checks/finding.ts';
import { DEFAULT_DATABASE, namesDatabase } from '../../server/config/database-address.ts';
import type { SettingTexts } from '../../server/config/load.ts';
import { SETTINGS } from '../../server/config/settings.ts';
import { operatorEmail } from '../../server/domain/operators/account.ts';
import { passwordFault } from '../../server/domain/operators/operator-password.ts';
import { type Config, isLoopback } from '../../server/model/config.ts';
import { draftConfig } from '../installation/draft.ts';
import { ask, askNewPassword, askNewSecret, askOptional } from '../terminal/ask.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Answers, AppAnswer, OperatorAnswer } from './answers.ts';
import { Prompter } from './prompter.ts';

/** Looks outside while questions are asked, so that a wrong answer is noticed at once. */
export interface Checks {
  database(config: Config): Promise<CheckResult>;
  mail(config: Config): Promise<CheckResult>;
  testMail(config: Config, to: string): Promise<CheckResult>;
  sms(config: Config): Promise<CheckResult>;
  testSms(config: Config, to: string): Promise<CheckResult>;
  keyPair(config: Config): CheckResult;
}

/** What the wizard settled: `keyBits` 0: the pair that is there. */
export interface Settled {
  texts: SettingTexts;
  keyBits: number;
  app: AppAnswer | undefined;
  operator: OperatorAnswer | undefined;
}

const CONNECTION_EXAMPLE = 'mongodb+srv://user:password@cluster.example.net/cosync_auth';

/**
 * Asks everything of operator contract §1, in its order. Ctrl-C anywhere throws `SetupError` 130; nothing was
 * written by then.
 */
export async function askQuestions(start: Answers, terminal: Terminal, checks: Checks): Promise<Settled> {
  const wizard = new Wizard(start, terminal, checks);
  await wizard.address();
  await wizard.port();
  await wizard.serverName();
  await wizard.database();
  const keyBits = await wizard.keyPair();
  await wizard.mail();
  await wizard.sms();
  await wizard.proxyHops();
  const app = await wizard.firstApp();
  const operator = await wizard.firstOperator();
  return { texts: wizard.texts, keyBits, app, operator };
}

class Wizard {
  readonly texts: SettingTexts;
  readonly #start: Answers;
  readonly #terminal: Terminal;
  readonly #checks: Checks;
  readonly #prompter: Prompter;

  constructor(start: Answers, terminal: Terminal, checks: Checks) {
    this.texts = { ...start.texts };
    this.#start = start;
    this.#terminal = terminal;
    this.#checks = checks;
    this.#prompter = new Prompter(terminal);
  }

  async address(): Promise<void> {
    const fallback = `http://localhost:${this.texts.PORT ?? SETTINGS.PORT.fallback}`;
    const answer = await this.#prompter.text(
      'API_URL',
      'Public address of the host',
      this.texts.API_URL ?? fallback,
    );
    if (answer === fallback) delete this.texts.API_URL;
    else this.texts.API_URL = SETTINGS.API_URL.parse(answer);
    const { protocol, hostname } = new URL(answer);
    if (protocol !== 'https:' && !isLoopback(hostname)) {
      this.#prompter.warn(
        'Not https: passwords and tokens would travel readable. Put a proxy with TLS in front.',
      );
    }
  }

  async port(): Promise<void> {
    const initial = this.texts.PORT ?? String(SETTINGS.PORT.fallback);
    this.texts.PORT = await this.#prompter.text('PORT', 'Port', initial);
  }

  async serverName(): Promise<void> {
    this.texts.SERVER_NAME = await this.#prompter.text(
      'SERVER_NAME',
      'Name of the host',
      this.texts.SERVER_NAME ?? this.#config().serverName,
    );
  }

  async database(): Promise<void> {
    const before = this.texts.DB_CONN_STRING;
    const kind = await this.#prompter.select(
      'Database',
      before?.startsWith('mongodb') ? 'mongodb' : 'embedded',
      [
        {
          title: 'Embedded',
          value: 'embedded',
          description: 'one file in the data folder; nothing to install',
        },
        {
          title: 'MongoDB',
          value: 'mongodb',
          description: 'Atlas or your own server, by its connection string',
        },
      ],
    );
    if (kind === 'embedded') {
      if (before?.startsWith('mongodb')) delete this.texts.DB_CONN_STRING;
      await this.#prompter.untilPassed(
        () => this.#checks.database(this.#config()),
        'Looking at the database',
      );
      return;
    }
    await this.#prompter.untilPassed(
      () => this.#checks.database(this.#config()),
      'Connecting to the database',
      async () => {
        this.texts.DB_CONN_STRING = await this.#prompter.secret(
          'DB_CONN_STRING',
          `Connection string (${CONNECTION_EXAMPLE})`,
          before,
        );
        if (!namesDatabase(this.texts.DB_CONN_STRING)) {
          this.#prompter.warn(`The string names no database; ${DEFAULT_DATABASE} will be used.`);
        }
      },
    );
  }

  /** Answers the size of a pair to be made. */
  async keyPair(): Promise<number> {
    const { privateKeyFile } = this.#config();
    if (existsSync(privateKeyFile)) {
      await this.#prompter.untilPassed(
        async () => this.#checks.keyPair(this.#config()),
        'Opening the private key',
        this.texts.PASS_KEY === undefined
          ? async () => {
              this.texts.PASS_KEY = await this.#prompter.secret(
                'PASS_KEY',
                `Pass phrase of ${privateKeyFile}`,
                undefined,
              );
            }
          : undefined,
      );
      return 0;
    }
    const bits = await this.#prompter.select('Private key: a new encrypted RSA pair of', '3072', [
      { title: '3072 bit', value: '3072', description: 'recommended' },
      { title: '2048 bit', value: '2048' },
      { title: '4096 bit', value: '4096', description: 'slower log-ins' },
    ]);
    this.texts.PASS_KEY ??= await askNewSecret(this.#terminal, 'Pass phrase');
    return Number(bits);
  }

  async mail(): Promise<void> {
    const mail = await this.#prompter.select('Mail', this.#config().mail, [
      {
        title: 'Outbox file',
        value: 'outbox',
        description: 'for development: writes to a file instead of sending',
      },
      { title: 'SendGrid', value: 'sendgrid' },
      { title: 'SMTP server', value: 'smtp' },
    ]);
    this.texts.MAIL = mail;
    if (mail === 'outbox') return;
    await this.#prompter.untilPassed(
      () => this.#checks.mail(this.#config()),
      'Logging in to the mail provider',
      async () => {
        if (mail === 'sendgrid') {
          this.texts.SEND_GRID_API_KEY = await this.#prompter.secret(
            'SEND_GRID_API_KEY',
            'SendGrid API key',
            this.texts.SEND_GRID_API_KEY,
          );
        } else {
          this.texts.SMTP_URL = await this.#prompter.secret(
            'SMTP_URL',
            'SMTP address (smtp://user:password@host:587)',
            this.texts.SMTP_URL,
          );
        }
      },
    );
    const sender = this.texts.NOREPLY_EMAIL ?? this.#config().noreplyEmail;
    this.texts.NOREPLY_EMAIL = await this.#prompter.text('NOREPLY_EMAIL', 'Sender address', sender);
    await this.#prompter.offerTest('Send a test mail to (empty: no)', (to) =>
      this.#checks.testMail(this.#config(), to),
    );
  }

  async sms(): Promise<void> {
    const sms = await this.#prompter.select('SMS', this.#config().sms, [
      { title: 'Outbox file', value: 'outbox', description: 'for development' },
      { title: 'None', value: 'none', description: 'only apps with a Twilio account of their own send SMS' },
      { title: 'Twilio', value: 'twilio' },
    ]);
    this.texts.SMS = sms;
    if (sms !== 'twilio') return;
    await this.#prompter.untilPassed(
      () => this.#checks.sms(this.#config()),
      'Logging in to Twilio',
      async () => {
        const account = await this.#prompter.text(
          'TWILIO_ACCOUNT_SID',
          'Twilio account SID',
          this.texts.TWILIO_ACCOUNT_SID ?? '',
        );
        const token = await this.#prompter.secret(
          'TWILIO_TOKEN',
          'Twilio auth token',
          this.texts.TWILIO_TOKEN,
        );
        const number = await this.#prompter.text(
          'TWILIO_PHONE_NUMBER',
          'Twilio number',
          this.texts.TWILIO_PHONE_NUMBER ?? '',
        );
        Object.assign(this.texts, {
          TWILIO_ACCOUNT_SID: account,
          TWILIO_TOKEN: token,
          TWILIO_PHONE_NUMBER: number,
        });
      },
    );
    await this.#prompter.offerTest('Send a test SMS to (empty: no)', (to) =>
      this.#checks.testSms(this.#config(), to),
    );
  }

  async proxyHops(): Promise<void> {
    const question = 'Reverse proxies in front of the host (0: none)';
    this.texts.TRUST_PROXY_HOPS = await this.#prompter.text(
      'TRUST_PROXY_HOPS',
      question,
      this.texts.TRUST_PROXY_HOPS ?? '0',
    );
  }

  async firstApp(): Promise<AppAnswer | undefined> {
    const initial = this.#start.app?.name ?? '';
    const message = 'Name of the first app (empty: none)';
    const name = ((await ask(this.#terminal, { type: 'text', message, initial })) as string).trim();
    if (name === '') return undefined;
    const signupFlow = await this.#prompter.select(
      'Its users sign up',
      this.#start.app?.signupFlow ?? 'code',
      [
        { title: 'with a mailed code', value: 'code' },
        { title: 'with a mailed link', value: 'link' },
        { title: 'directly', value: 'none', description: 'nothing is verified' },
      ],
    );
    return { name, signupFlow };
  }

  async firstOperator(): Promise<OperatorAnswer | undefined> {
    if (this.#config().portal === 'off') return undefined;
    const email = await askOptional(
      this.#terminal,
      'E-mail of an operator of the portal (empty: none)',
      this.#start.operator?.email ?? '',
      (text) => operatorEmail(text) !== undefined || 'that is no e-mail address',
    );
    if (email === '') return undefined;
    const password = await askNewPassword(this.#terminal, (text) =>
      passwordFault(text, operatorEmail(email) ?? ''),
    );
    return { email, password };
  }

  /** The settings as they stand; keys may still be missing, so only what was answered is judged. */
  #config(): Config {
    return draftConfig(this.texts);
  }
}
