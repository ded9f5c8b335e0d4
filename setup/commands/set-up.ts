import { existsSync } from 'node:fs';
import { checkMail, checkSms } from '../../server/checks/delivery-check.ts';
import { type CheckResult, failed } from '../../server/checks/finding.ts';
import { settleListeningAddress } from '../../server/config/listening-address.ts';
import { processEnvironment } from '../../server/config/load.ts';
import { isSettingName } from '../../server/config/settings.ts';
import { createApp } from '../../server/domain/apps/apps.ts';
import { issueServerSecret } from '../../server/domain/tokens/server-secret.ts';
import type { App } from '../../server/model/app.ts';
import { META } from '../../server/ports/store/meta.ts';
import { checkDatabaseToUse, holdsData } from '../checks/database-check.ts';
import { checkKeyPair } from '../checks/key-check.ts';
import { type Command, ignoredLine } from '../command.ts';
import { EXIT, SetupError } from '../exit.ts';
import { draftConfig } from '../installation/draft.ts';
import { install, type Plan, planInstallation } from '../installation/install.ts';
import { launchHost } from '../installation/launch.ts';
import { openHost } from '../installation/open-host.ts';
import type { Options } from '../options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type Answers, type AppAnswer, gatherAnswers } from '../wizard/answers.ts';
import type { Settled } from '../wizard/questions.ts';
import { printSummary, summarise } from '../wizard/summary.ts';
import { theApp } from './app-token.ts';
import { askAndPlan, ENCRYPT_KEY_REPAIR } from './ask-and-plan.ts';
import { makeOperator, requireEmail, requirePortal } from './operator.ts';
import { tryOut } from './try-out.ts';

/**
 * `npx setup`: ask (or take what is given), check, write, make the first app, print the summary, start the
 * host.
 */
export const setUp: Command = async ({ options, terminal }) => {
  const answers = gatherAnswers(options, processEnvironment());
  await settleListeningAddress(answers);
  for (const name of answers.ignored) terminal.line(ignoredLine(name));
  const { settled, plan } = isInteractive(options)
    ? await askAndPlan(answers, options, terminal)
    : planGiven(answers);
  const { app: wantedApp, operator: wish } = settled;
  const checks = settled.checks ?? (await runChecks(plan, options, terminal));

  const hadKeys = plan.newKeyBits === undefined;
  const { config, createdKeys, closed } = await terminal.progress('Making the key pair', install(plan));
  if (closed.length > 0)
    terminal.line(`Others on this machine could reach ${closed.join(', ')}: now only this user can.`);
  const host = await terminal.progress('Opening the database', openHost(config));
  let outcome: {
    app: App | undefined;
    createdApp: boolean;
    serverSecret: string;
    operatorLink: string | undefined;
    hasApps: boolean;
    triedApp: App | undefined;
  };
  try {
    // A key pair that was there before setup ran: its older tokens, which know no generation, stay good until
    // the first rotation.
    if (hadKeys && plan.newConfig) await host.store.meta.compareAndSet(META.adoptedHostKey, undefined, 'yes');
    const made = await makeFirstApp(host, wantedApp, terminal);
    outcome = {
      ...made,
      hasApps: (await host.store.apps.list({ offset: 0, limit: 1 })).length > 0,
      triedApp: options.try ? (made.app ?? (await theApp(host, ''))) : made.app,
      serverSecret: await issueServerSecret(host),
      operatorLink: wish && (await makeOperator(host, wish)),
    };
  } finally {
    await host.stop();
  }
  const hasChanged =
    plan.newConfig ||
    createdKeys ||
    outcome.createdApp ||
    Object.keys(plan.changes).length > 0 ||
    Boolean(wish);
  const created = { keys: createdKeys, config: plan.newConfig, app: outcome.createdApp };
  const summary = summarise({
    config,
    serverSecret: outcome.serverSecret,
    operatorLink: outcome.operatorLink,
    app: outcome.app,
    created,
    checks,
  });
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else printSummary(summary, { hasChanged, hasApps: outcome.hasApps }, terminal);
  if (settled.isRunning) {
    terminal.line(`The host that runs on ${config.port} takes settings when it is started anew.`);
    return EXIT.done;
  }
  if (options['no-start']) return EXIT.done;
  const running = launchHost(hostEnvironment(answers));
  const app = outcome.triedApp;
  if (app && (options.try || isInteractive(options))) {
    await tryOut({ running, config, app, terminal, canAsk: isInteractive(options), isWanted: options.try });
  }
  return running.ended;
};

function isInteractive(options: Options): boolean {
  return !options.yes && options.answers === undefined;
}

function planGiven(answers: Answers): { settled: Settled; plan: Plan } {
  const { texts, app, operator } = answers;
  const plan = planInstallation(answers);
  if (operator) {
    requireEmail(operator.email);
    requirePortal(draftConfig(plan.texts));
  }
  return { settled: { texts, keyBits: 0, app, operator }, plan };
}

/**
 * Every check again on the whole plan, before anything is written. A failed one ends setup unless
 * `--skip-checks`.
 */
async function runChecks(plan: Plan, options: Options, terminal: Terminal): Promise<CheckResult[]> {
  const config = draftConfig(plan.texts);
  if (options['skip-checks'])
    return ['database', 'mail', 'sms'].map((name) => failed(name, 'not checked (--skip-checks)'));
  const checks: CheckResult[] = [];
  if (existsSync(config.privateKeyFile)) checks.push(checkKeyPair(config));
  const database = await terminal.progress('Connecting to the database', checkDatabaseToUse(config));
  checks.push(database);
  if (database.ok && plan.newEncryptKey && (await holdsData(config))) {
    const problem = 'the database holds data that a new ENCRYPT_KEY does not open';
    checks.push(failed('encryption', `${problem}: ${ENCRYPT_KEY_REPAIR}`));
  }
  checks.push(await terminal.progress('Asking the mail provider', checkMail(config)));
  checks.push(await terminal.progress('Asking the SMS provider', checkSms(config)));
  const wrong = checks.filter(({ ok }) => !ok);
  if (wrong.length > 0) {
    const exitCode = wrong.every(({ name }) => name === 'database')
      ? EXIT.databaseUnreachable
      : EXIT.configuration;
    const list = wrong.map(({ name, detail }) => `  ✗ ${name}: ${detail}`).join('\n');
    throw new SetupError(
      exitCode,
      `Nothing was written, because a check failed (--skip-checks goes on all the same):\n${list}`,
    );
  }
  return checks;
}

async function makeFirstApp(
  host: Awaited<ReturnType<typeof openHost>>,
  wanted: AppAnswer | undefined,
  terminal: Terminal,
) {
  if (!wanted) return { app: undefined, createdApp: false };
  const existing = await host.store.apps.findByName(wanted.name);
  if (existing) return { app: existing, createdApp: false };
  const making = createApp(host, { name: wanted.name, signupFlow: wanted.signupFlow, by: 'setup' });
  return { app: await terminal.progress('Making the app', making), createdApp: true };
}

/** What was answered now stands in `host.env`; an older value in the environment must not win over it. */
function hostEnvironment({ env, dataDir }: Answers) {
  const isSetting = (name: string) => isSettingName(name) || isSettingName(name.replace(/_FILE$/, ''));
  const kept = Object.entries(env).filter(([name]) => !isSetting(name));
  return { ...Object.fromEntries(kept), DATA_DIR: dataDir };
}
