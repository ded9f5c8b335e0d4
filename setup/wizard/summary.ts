import { join, resolve } from 'node:path';
import type { CheckResult } from '../../server/checks/finding.ts';
import { type App, currentKey } from '../../server/model/app.ts';
import type { Config } from '../../server/model/config.ts';
import { shellQuote } from '../installation/shell-quote.ts';
import { shownPath } from '../installation/shown-path.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** The summary of operator contract §1, as `--json` prints it. */
export interface Summary {
  dataDir: string;
  apiUrl: string;
  port: number;
  database: string;
  mail: string;
  sms: string;
  privateKeyFile: string;
  publicKeyFile: string;
  serverSecret: string;
  /** Where an operator of the portal sets a password; once, within 24 h. */
  operatorLink?: string;
  startCommand: string;
  dockerCommand: string;
  app: {
    appId: string;
    name: string;
    appToken: string;
    publicKey: string;
    jwksUrl: string;
    issuer: string;
  } | null;
  created: { keys: boolean; config: boolean; app: boolean };
  checks: CheckResult[];
}

export interface SummaryInput {
  config: Config;
  serverSecret: string;
  operatorLink: string | undefined;
  app: App | undefined;
  created: Summary['created'];
  checks: CheckResult[];
}

/** What was set up and how to go on, for `printSummary` and `--json`. */
export function summarise({
  config,
  serverSecret,
  operatorLink,
  app,
  created,
  checks,
}: SummaryInput): Summary {
  return {
    dataDir: config.dataDir,
    apiUrl: config.apiUrl,
    port: config.port,
    database:
      config.database.kind === 'sqlite'
        ? `embedded (${config.database.file})`
        : `mongodb (${config.database.name})`,
    mail: config.mail,
    sms: config.sms,
    privateKeyFile: config.privateKeyFile,
    publicKeyFile: config.publicKeyFile,
    serverSecret,
    ...(operatorLink !== undefined && { operatorLink }),
    startCommand: `${inFolder(config.dataDir)}npm start`,
    dockerCommand: dockerParts(config).join(' '),
    app: app ? describeApp(app, config) : null,
    created,
    checks,
  };
}

function describeApp(app: App, config: Config): NonNullable<Summary['app']> {
  const issuer = `${config.apiUrl}/apps/${app.id}`;
  const key = currentKey(app);
  return {
    appId: app.id,
    name: app.name,
    appToken: app.appToken,
    publicKey: Buffer.from(key?.publicKey ?? '').toString('base64'),
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    issuer,
  };
}

function isUsualFolder(dataDir: string): boolean {
  return dataDir === resolve('./data');
}

/** What has to stand before a command so that it finds the data folder. */
function inFolder(dataDir: string): string {
  return isUsualFolder(dataDir) ? '' : `DATA_DIR=${shellQuote(dataDir)} `;
}

/** The command that starts a container, where a line of a terminal may end. */
function dockerParts({ port, dataDir }: Pick<Config, 'port' | 'dataDir'>): [string, string] {
  const mount = isUsualFolder(dataDir) ? '"$PWD/data:/data"' : shellQuote(`${dataDir}:/data`);
  return [`docker run -d -p ${port}:${port} -v ${mount}`, '--user "$(id -u):$(id -g)" cosync-auth-host'];
}

/** A folder other than the usual one, so that the commands below can stay short. */
function folderLine({ dataDir }: Summary): string[] {
  return isUsualFolder(dataDir) ? [] : [`export DATA_DIR=${shellQuote(dataDir)}`];
}

/** Leaves no room for a remark behind it. */
const LONG_PATH = 25;

/**
 * Says where everything is and how to go on, in a few lines that fit 80 columns. Secrets and tokens stay
 * where they are: a terminal's history is no place for them. `hasApps`: also of an earlier run.
 */
export function printSummary(
  summary: Summary,
  { hasChanged, hasApps }: { hasChanged: boolean; hasApps: boolean },
  terminal: Terminal,
): void {
  const { style, line } = terminal;
  const row = (name: string, value: string) => line(`  ${style('dim', name.padEnd(9))} ${value}`);
  const data = shownPath(summary.dataDir);
  line();
  line(style('bold', `The host is set up${hasChanged ? '.' : '; nothing had to change.'}`));
  row('address', summary.apiUrl);
  if (summary.operatorLink) {
    row('portal', 'this link sets a password, once, within 24 hours:');
    line(summary.operatorLink);
  } else row('state', 'npx cosync status');
  row('data', data.length < LONG_PATH ? `${data} (back it up, keep it private)` : data);
  if (usesOutbox(summary)) row('messages', `land in ${shownPath(join(summary.dataDir, 'outbox.jsonl'))}`);
  if (summary.app) row('app', summary.app.name);
  for (const check of summary.checks.filter(({ ok }) => !ok))
    row(check.name, style('yellow', `not checked or failed: ${check.detail}`));
  row('secrets', 'npx setup --print-secret, --print-app-token');
  line();
  line(style('bold', 'Next, in another terminal:'));
  const command = (text: string, use?: string) =>
    line(`  ${style('cyan', use ? text.padEnd(27) : text)}${use ? style('dim', use) : ''}`);
  for (const text of folderLine(summary)) command(text);
  if (hasApps) {
    command('npx cosync try signup', 'a test user, and the token');
    command('npx cosync app token', 'what your app identifies by');
  } else {
    command('npx cosync app create demo', 'the first app');
    command('npx cosync try signup', 'a test user, and the token');
  }
  const [run, rest] = dockerParts(summary);
  command(`${run} \\`);
  command(`  ${rest}`);
  line();
}

function usesOutbox({ mail, sms }: Summary): boolean {
  return mail === 'outbox' || sms === 'outbox';
}
