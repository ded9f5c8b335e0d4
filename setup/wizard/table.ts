import type { CheckResult } from '../../server/checks/finding.ts';
import type { SettingTexts } from '../../server/config/load.ts';
import type { Config } from '../../server/model/config.ts';
import { draftConfig } from '../installation/draft.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Answers } from './answers.ts';
import { Prompter } from './prompter.ts';

/** Looks outside while questions are asked, so that a wrong answer is noticed at once. */
export interface Checks {
  port(config: Config): Promise<CheckResult & { isOwnHost?: boolean }>;
  database(config: Config, texts: SettingTexts): Promise<CheckResult>;
  apps(config: Config): Promise<string[]>;
  mail(config: Config): Promise<CheckResult>;
  testMail(config: Config, to: string): Promise<CheckResult>;
  sms(config: Config): Promise<CheckResult>;
  testSms(config: Config, to: string): Promise<CheckResult>;
  keyPair(config: Config): CheckResult;
}

/** What all questions of one run share: the answers so far, and what was found. */
export class Table {
  readonly texts: SettingTexts;
  readonly start: Answers;
  readonly terminal: Terminal;
  readonly checks: Checks;
  readonly prompter: Prompter;
  /** By name, the last of each. */
  readonly found = new Map<string, CheckResult>();

  constructor(start: Answers, terminal: Terminal, checks: Checks) {
    this.texts = { ...start.texts };
    this.start = start;
    this.terminal = terminal;
    this.checks = checks;
    this.prompter = new Prompter(terminal);
  }

  /** The settings as they stand; keys may still be missing, so only what was answered is judged. */
  readonly config = (): Config => draftConfig(this.texts);

  note(result: CheckResult | undefined): void {
    if (result) this.found.set(result.name, result);
  }
}
