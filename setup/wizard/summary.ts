import { createHash } from 'node:crypto';
import { join, relative, resolve } from 'node:path';
import type { CheckResult } from '../../server/checks/finding.ts';
import { type App, currentKey } from '../../server/model/app.ts';
import type { Config } from '../../server/model/config.ts';
import { shellQuote } from '../installation/shell-quote.ts';
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
  const mount = isUsualFolder(config.dataDir) ? '"$PWD/data:/data"' : shellQuote(`${config.dataDir}:/data`);
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
    dockerCommand: `docker run -d -p ${config.port}:${config.port} -v ${mount} --user "$(id -u):$(id -g)" cosync-auth-host`,
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

function secretCommand({ dataDir }: Summary): string {
  return `${inFolder(dataDir)}npx setup --print-secret`;
}

/** Prints what was done and what to do next. The server secret is shown only on a terminal. */
export function printSummary(summary: Summary, app: App | undefined, terminal: Terminal): void {
  const { style, line } = terminal;
  const row = (name: string, value: string) => line(`  ${style('dim', name.padEnd(14))}${value}`);
  const here = (path: string) => relative('.', path) || '.';
  line();
  line(
    style(
      'bold',
      summary.created.config ? 'The host is set up.' : 'The host is set up; nothing had to change.',
    ),
  );
  row('address', summary.apiUrl);
  row('data', `${here(summary.dataDir)}  (keys, settings, database: back it up, keep it private)`);
  row(
    'key pair',
    `${here(summary.privateKeyFile)}, ${here(summary.publicKeyFile)}${summary.created.keys ? '  (new)' : ''}`,
  );
  row('database', summary.database);
  row(
    'mail, SMS',
    `${summary.mail}, ${summary.sms}${usesOutbox(summary) ? `  (messages land in ${here(join(summary.dataDir, 'outbox.jsonl'))})` : ''}`,
  );
  for (const check of summary.checks.filter(({ ok }) => !ok))
    row(check.name, style('yellow', `not checked or failed: ${check.detail}`));
  line();
  line(style('bold', 'Portal'));
  row('host name', 'any name you like');
  row('host URL', summary.apiUrl);
  if (terminal.stream.isTTY) row('server secret', summary.serverSecret);
  else row('server secret', `${secretCommand(summary)} shows it`);
  if (summary.operatorLink) row('operator', `${summary.operatorLink}  (once, within 24 hours)`);
  line();
  if (summary.app && app) {
    line(style('bold', `App "${summary.app.name}"`));
    row('app token', summary.app.appToken);
    row('issuer', summary.app.issuer);
    row('public keys', summary.app.jwksUrl);
    line();
    line('Sign a user up:');
    line(`  ${style('cyan', signupCommand(summary, app))}`);
    line(nextStep(app, summary));
  } else {
    line('Make a first app:');
    line(`  ${style('cyan', appCommand(summary))}`);
  }
  line();
  row('start', summary.startCommand);
  row('container', summary.dockerCommand);
  line();
}

function usesOutbox({ mail, sms }: Summary): boolean {
  return mail === 'outbox' || sms === 'outbox';
}

/**
 * Clients send the MD5 of the typed text (contract §1.4 C12); the example's password is "Correct-Horse-1".
 */
const EXAMPLE_PASSWORD = createHash('md5').update('Correct-Horse-1').digest('hex');
const EXAMPLE_HANDLE = 'you@example.com';

function signupCommand(summary: Summary, app: App): string {
  const body = JSON.stringify({ handle: EXAMPLE_HANDLE, password: EXAMPLE_PASSWORD });
  return `curl -s ${localUrl(summary)}/api/appuser/signup -H 'app-token: ${app.appToken}' -H 'Content-Type: application/json' -d '${body}'`;
}

function nextStep(app: App, summary: Summary): string {
  const outbox = `${relative('.', join(summary.dataDir, 'outbox.jsonl'))}`;
  const where = summary.mail === 'outbox' ? `the last line of ${outbox}` : 'the mail';
  if (app.signupFlow === 'none') return 'It answers the tokens of the new user.';
  if (app.signupFlow === 'link') return `Then open the link in ${where}.`;
  const body = JSON.stringify({ handle: EXAMPLE_HANDLE, code: '……' });
  return [
    `Then read the code in ${where} and send it:`,
    `  curl -s ${localUrl(summary)}/api/appuser/completeSignup -H 'app-token: ${app.appToken}' -H 'Content-Type: application/json' -d '${body}'`,
  ].join('\n');
}

function appCommand(summary: Summary): string {
  const body = JSON.stringify({ name: 'demo' });
  return `curl -s ${localUrl(summary)}/api/app -H "server-secret: $(${secretCommand(summary)})" -H 'Content-Type: application/json' -d '${body}'`;
}

/** The example is pasted on this machine, where the public address may not be reachable yet. */
function localUrl({ port }: Summary): string {
  return `http://localhost:${port}`;
}
