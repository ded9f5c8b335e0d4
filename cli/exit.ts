import { EXIT as SETUP_EXIT } from '../setup/exit.ts';

/** Exit codes of operator contract §5, by what went wrong. */
export const EXIT = {
  done: SETUP_EXIT.done,
  /** The host refused it, or there is no such thing. */
  refused: 1,
  usage: SETUP_EXIT.wrongOption,
  badInput: 65,
  fileMissing: 66,
  unreachable: SETUP_EXIT.databaseUnreachable,
  cannotWrite: SETUP_EXIT.cannotWrite,
  tryAgain: 75,
  secretRefused: 77,
  configuration: SETUP_EXIT.configuration,
  cancelled: SETUP_EXIT.cancelled,
} as const;

/** Ends a command: what is wrong in one sentence, what mends it in another, and the exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly repair: string | undefined;
  constructor(exitCode: number, message: string, repair?: string) {
    super(message);
    this.exitCode = exitCode;
    this.repair = repair;
  }
}
