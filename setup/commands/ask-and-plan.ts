import { checkMail, checkSms, sendTestMail, sendTestSms } from '../../server/checks/delivery-check.ts';
import { type CheckResult, failed } from '../../server/checks/finding.ts';
import { ConfigError, type SettingTexts } from '../../server/config/load.ts';
import type { Config } from '../../server/model/config.ts';
import { appsThere } from '../checks/apps-there.ts';
import { checkDatabaseToUse, holdsData } from '../checks/database-check.ts';
import { checkKeyPair } from '../checks/key-check.ts';
import { checkPort } from '../checks/port-check.ts';
import { EXIT, SetupError } from '../exit.ts';
import { type Plan, planInstallation } from '../installation/install.ts';
import type { Options } from '../options.ts';
import { ask, confirm } from '../terminal/ask.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Answers } from '../wizard/answers.ts';
import { planLines } from '../wizard/plan-lines.ts';
import { askQuestions, type Settled } from '../wizard/questions.ts';

/**
 * Asks, shows what will be written and has it confirmed; who does not want that goes through the questions
 * again, with the answers kept. Throws `ConfigError` for what stood there before, `SetupError` 64 without a
 * terminal, 130 for whoever leaves.
 */
export async function askAndPlan(
  answers: Answers,
  options: Options,
  terminal: Terminal,
): Promise<{ settled: Settled; plan: Plan }> {
  // A wizard need not begin when what it starts from is wrong.
  if (answers.problems.length > 0) throw new ConfigError(answers.problems);
  if (!process.stdin.isTTY) {
    throw new SetupError(EXIT.wrongOption, 'There is no terminal to ask on: use --yes, or --answers FILE.');
  }
  const { style, line, wrap } = terminal;
  const opening = 'CoSync Auth host: a few questions, each with a default. Ctrl-C changes nothing.';
  for (const text of wrap(opening, 0)) line(style('bold', text));
  let start = answers;
  for (;;) {
    const settled = await askQuestions(start, terminal, CHECKS);
    const plan = planned(start, settled, terminal);
    if (plan && (await isWanted(plan, settled, options, terminal))) return { settled, plan };
    await goOn(terminal);
    start = { ...start, texts: settled.texts, app: settled.app, operator: settled.operator };
  }
}

const CHECKS = {
  port: checkPort,
  database: checkThisDatabase,
  apps: appsThere,
  mail: checkMail,
  testMail: sendTestMail,
  sms: checkSms,
  testSms: sendTestSms,
  keyPair: checkKeyPair,
};

/** A new key would not open what is there. */
async function checkThisDatabase(config: Config, texts: SettingTexts): Promise<CheckResult> {
  const result = await checkDatabaseToUse(config);
  if (!result.ok || texts.ENCRYPT_KEY || !(await holdsData(config))) return result;
  return failed(result.name, `it holds data, which only its own ENCRYPT_KEY opens: ${ENCRYPT_KEY_REPAIR}`);
}

export const ENCRYPT_KEY_REPAIR = 'give the key it was made with as ENCRYPT_KEY or ENCRYPT_KEY_FILE';

/** Undefined when the answers do not fit together, which is said. */
function planned(answers: Answers, settled: Settled, terminal: Terminal): Plan | undefined {
  try {
    return planInstallation({ ...answers, ...settled });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { name, problem, repair } of error.problems) {
      terminal.line(`  ${terminal.style('red', '✗')} ${name} ${problem}: ${repair}`);
    }
    return undefined;
  }
}

async function isWanted(
  plan: Plan,
  settled: Settled,
  options: Options,
  terminal: Terminal,
): Promise<boolean> {
  const lines = planLines(plan, settled);
  const starts = !options['no-start'] && !settled.isRunning;
  terminal.line();
  if (lines.length === 0) {
    terminal.line('Nothing to change.');
    return !starts || confirm(terminal, 'Start the host?', true);
  }
  terminal.line('This will be written:');
  for (const text of lines) {
    for (const row of terminal.wrap(text, 2)) terminal.line(`  ${row}`);
  }
  return confirm(terminal, starts ? 'Write it and start the host?' : 'Write it?', true);
}

async function goOn(terminal: Terminal): Promise<void> {
  const choices = [
    { title: 'Go through the questions again', value: 'again', description: 'answers are kept' },
    { title: 'Leave', value: 'leave', description: 'nothing is written' },
  ];
  const choice = await ask(terminal, { type: 'select', message: 'What now?', choices, initial: 0 });
  if (choice === 'leave') throw new SetupError(EXIT.cancelled, 'Cancelled: nothing was written.');
}
