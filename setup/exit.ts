import { EXIT as HOST_EXIT } from '../server/start/exit.ts';

/** Exit codes of operator contract §5, by what went wrong. */
export const EXIT = {
  done: HOST_EXIT.stopped,
  wrongOption: HOST_EXIT.wrongOption,
  databaseUnreachable: HOST_EXIT.databaseUnreachable,
  cannotWrite: HOST_EXIT.cannotWrite,
  configuration: HOST_EXIT.wrongConfiguration,
  /** Ctrl-C at a question: 128 + SIGINT, as shells expect. */
  cancelled: 130,
} as const;

/**
 * Ends a command with a message for the operator and an exit code; nothing of it is a programmer's mistake.
 */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
