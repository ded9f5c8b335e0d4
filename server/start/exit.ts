import type { ConfigProblem } from '../config/load.ts';
import type { Logger } from '../log/logger.ts';

/** Exit codes (operator contract §5). */
export const EXIT = {
  stopped: 0,
  wrongOption: 64,
  databaseUnreachable: 69,
  cannotWrite: 73,
  stillDraining: 75,
  wrongConfiguration: 78,
} as const;

/** The host cannot start; the port was never opened. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly exitCode: number;
  readonly problems: readonly ConfigProblem[];
  constructor(exitCode: number, problems: readonly ConfigProblem[]) {
    super(problems.map(({ name, problem }) => `${name} ${problem}`).join('; '));
    this.exitCode = exitCode;
    this.problems = problems;
  }
}

/** Ends the process once the log is written. */
export function endProcess(code: number, log: Pick<Logger, 'flush'>): never {
  log.flush();
  process.exit(code);
}
