/** Exit codes (operator contract §5). */
export const EXIT = {
  stopped: 0,
  wrongOption: 64,
  databaseUnreachable: 69,
  cannotWrite: 73,
  stillDraining: 75,
  wrongConfiguration: 78,
} as const;

/** What keeps the host from starting: setting or file, what is wrong, how to repair it. Never quotes a secret. */
export interface StartProblem {
  name: string;
  problem: string;
  repair: string;
}

/** The host cannot start; the port was never opened. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly exitCode: number;
  readonly problems: readonly StartProblem[];
  constructor(exitCode: number, problems: readonly StartProblem[]) {
    super(problems.map(({ name, problem }) => `${name} ${problem}`).join('; '));
    this.exitCode = exitCode;
    this.problems = problems;
  }
}
