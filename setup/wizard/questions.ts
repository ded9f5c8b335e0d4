import { existsSync } from 'node:fs';
import type { CheckResult } from '../../server/checks/finding.ts';
import { DEFAULT_DATABASE, namesDatabase } from '../../server/config/database-address.ts';
import type { SettingTexts } from '../../server/config/load.ts';
import { SETTINGS } from '../../server/config/settings.ts';
import { isLoopback } from '../../server/model/config.ts';
import { shownPath } from '../installation/shown-path.ts';
import { askNewSecret } from '../terminal/ask.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Answers, AppAnswer, OperatorAnswer } from './answers.ts';
import { firstApp, firstOperator, sample } from './first-questions.ts';
import type { Way } from './prompter.ts';
import { mail, sms } from './provider-questions.ts';
import { type Checks, Table } from './table.ts';

/** What the wizard settled: `keyBits` 0: the pair that is there. */
export interface Settled {
  texts: SettingTexts;
  keyBits: number;
  app: AppAnswer | undefined;
  operator: OperatorAnswer | undefined;
  /** What the wizard found while it asked; undefined where nobody was asked. */
  checks?: CheckResult[];
  /** The host of these settings listens already. */
  isRunning?: boolean;
}

/**
 * Asks everything of operator contract §1, in its order. Ctrl-C anywhere throws `SetupError` 130; nothing was
 * written by then.
 */
export async function askQuestions(start: Answers, terminal: Terminal, checks: Checks): Promise<Settled> {
  const table = new Table(start, terminal, checks);
  const settled: Settled = { texts: table.texts, keyBits: 0, app: start.app, operator: start.operator };
  const questions: (() => Promise<Way>)[] = [
    () => address(table),
    () => port(table, settled),
    () => serverName(table),
    () => database(table),
    () => keyPair(table, settled),
    () => mail(table),
    () => sms(table),
    () => proxyHops(table),
    async () => {
      settled.app = await firstApp(table);
      return 'on';
    },
    async () => {
      settled.operator = await firstOperator(table);
      return 'on';
    },
    async () => {
      await sample(table);
      return 'on';
    },
  ];
  for (let at = 0; at < questions.length; ) at += STEPS[(await questions[at]?.()) ?? 'on'];
  return { ...settled, checks: [...table.found.values()] };
}

const STEPS: Readonly<Record<Way, number>> = { on: 1, back: -1, anew: 0 };

async function address({ texts, prompter }: Table): Promise<Way> {
  const fallback = `http://localhost:${texts.PORT ?? SETTINGS.PORT.fallback}`;
  const answer = await prompter.text(
    'API_URL',
    'Public address of the host',
    texts.API_URL ?? fallback,
    'Apps and mails use it. Unsure: as it stands.',
  );
  if (answer === fallback) delete texts.API_URL;
  else texts.API_URL = SETTINGS.API_URL.parse(answer);
  const { protocol, hostname } = new URL(answer);
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    prompter.warn('Not https: passwords and tokens would travel readable. Put a proxy with TLS in front.');
  }
  return 'on';
}

async function port(table: Table, settled: Settled): Promise<Way> {
  const { texts, prompter, checks } = table;
  let initial = texts.PORT ?? String(namedPort(texts) ?? SETTINGS.PORT.fallback);
  for (;;) {
    const { way } = await prompter.checked({
      what: 'Looking at the port',
      question: async () => {
        texts.PORT = await prompter.text(
          'PORT',
          'Port',
          initial,
          'Where the host listens. Unsure: as it stands.',
        );
        initial = texts.PORT;
      },
      check: async () => {
        const result = await checks.port(table.config());
        settled.isRunning = result.isOwnHost === true;
        return result;
      },
    });
    if (way !== 'on' || (await agreesWithAddress(table))) return way;
    initial = texts.PORT ?? initial;
  }
}

/** The port in an address that leads straight to the host. */
function namedPort({ API_URL }: SettingTexts): number | undefined {
  if (API_URL === undefined) return undefined;
  const url = new URL(API_URL);
  if (url.protocol !== 'http:') return undefined;
  return url.port === '' ? undefined : Number(url.port);
}

/** False when another port is to be asked for. */
async function agreesWithAddress({ texts, prompter, start }: Table): Promise<boolean> {
  const named = namedPort(texts);
  const isAsBefore = texts.API_URL === start.texts.API_URL && texts.PORT === start.texts.PORT;
  if (named === undefined || isAsBefore || texts.PORT === '0' || String(named) === texts.PORT) return true;
  const own = new URL(texts.API_URL ?? '');
  own.port = texts.PORT ?? '';
  const choice = await prompter.select(
    `Port ${named} of the address, or ${texts.PORT}?`,
    'port',
    [
      { title: `Listen on ${named}`, value: 'port' },
      { title: `Address ${own.origin}`, value: 'address' },
      { title: 'Keep both', value: 'both', description: 'a proxy passes requests on' },
    ],
    'One of the two is probably a slip.',
  );
  if (choice === 'address') texts.API_URL = own.origin;
  if (choice === 'port') texts.PORT = String(named);
  return choice !== 'port';
}

async function serverName(table: Table): Promise<Way> {
  table.texts.SERVER_NAME = await table.prompter.text(
    'SERVER_NAME',
    'Name of the host',
    table.texts.SERVER_NAME ?? table.config().serverName,
    'Tells it from your other hosts. Unsure: as it stands.',
  );
  return 'on';
}

async function database(table: Table): Promise<Way> {
  const { texts, prompter, checks } = table;
  const before = texts.DB_CONN_STRING;
  const kind = await prompter.select(
    'Database',
    before?.startsWith('mongodb') ? 'mongodb' : 'embedded',
    [
      { title: 'Embedded', value: 'embedded', description: 'one file; nothing to install' },
      { title: 'MongoDB', value: 'mongodb', description: 'Atlas or your own server' },
    ],
    'Where users are kept. Unsure: embedded.',
  );
  const check = () => checks.database(table.config(), texts);
  const toEmbedded = () => {
    if (texts.DB_CONN_STRING?.startsWith('mongodb')) delete texts.DB_CONN_STRING;
  };
  if (kind === 'embedded') {
    toEmbedded();
    const { way, result } = await prompter.checked({ what: 'Looking at the database', check });
    table.note(result);
    return way;
  }
  const { way, result } = await prompter.checked({
    what: 'Connecting to the database',
    check,
    question: async () => {
      const note = 'As Atlas shows it: mongodb+srv://user:password@host/name';
      const known = texts.DB_CONN_STRING;
      texts.DB_CONN_STRING = await prompter.secret('DB_CONN_STRING', 'Connection string', known, note);
      const isMongo = texts.DB_CONN_STRING.startsWith('mongodb');
      if (isMongo && !namesDatabase(texts.DB_CONN_STRING)) {
        prompter.warn(`The string names no database; ${DEFAULT_DATABASE} will be used.`);
      }
    },
    instead: { title: 'Take the embedded database', take: toEmbedded },
  });
  table.note(result);
  return way;
}

async function keyPair(table: Table, settled: Settled): Promise<Way> {
  const { texts, prompter, checks, terminal } = table;
  const { privateKeyFile } = table.config();
  if (existsSync(privateKeyFile)) {
    const { way, result } = await prompter.checked({
      what: 'Opening the private key',
      check: async () => checks.keyPair(table.config()),
      question: async () => {
        const note = 'The one the key was made with.';
        const message = `Pass phrase of ${shownPath(privateKeyFile)}`;
        texts.PASS_KEY = await prompter.secret('PASS_KEY', message, undefined, note);
      },
      isAnswered: texts.PASS_KEY !== undefined,
    });
    table.note(result);
    settled.keyBits = 0;
    return way;
  }
  const bits = await prompter.select(
    'Private key: a new encrypted RSA pair of',
    String(settled.keyBits || 3072),
    [
      { title: '3072 bit', value: '3072', description: 'recommended' },
      { title: '2048 bit', value: '2048' },
      { title: '4096 bit', value: '4096', description: 'slower log-ins' },
    ],
    'Signs what the host hands out. Unsure: 3072 bit.',
  );
  if (texts.PASS_KEY === undefined) {
    prompter.note('Encrypts the key file. Unsure: empty.');
    texts.PASS_KEY = await askNewSecret(terminal, 'Pass phrase');
  }
  settled.keyBits = Number(bits);
  return 'on';
}

async function proxyHops({ texts, prompter }: Table): Promise<Way> {
  texts.TRUST_PROXY_HOPS = await prompter.text(
    'TRUST_PROXY_HOPS',
    'Reverse proxies in front of the host (0: none)',
    texts.TRUST_PROXY_HOPS ?? '0',
    'They pass requests on. Unsure: 0; behind nginx: 1.',
  );
  return 'on';
}
