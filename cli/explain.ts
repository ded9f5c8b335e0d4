import { HostClientError } from '../client/host/index.ts';
import { AuthError } from '../client/user/index.ts';
import { SetupError } from '../setup/exit.ts';
import { CliError, EXIT } from './exit.ts';
import { plain } from './output/plain.ts';
import type { Target } from './which-host.ts';

/** Why a command ended otherwise than it should. */
export interface Explained {
  exitCode: number;
  /** The first says what is wrong, a second one what mends it. */
  lines: string[];
}

/** What the contract's reasons mean to whoever typed the value. */
const REASONS: Readonly<Record<string, string>> = {
  missing: 'is missing',
  wrong_type: 'is of another type',
  too_long: 'is too long',
  not_json: 'is no JSON',
  unknown_value: 'has a value that cannot be',
  common_password: 'is one of the commonest passwords',
  password_rules: 'breaks the rules of the app',
  invalid_handle: 'is no handle of this app',
  invalid_phone: 'is no phone number',
  invalid_user_name: 'is no user name',
  unknown_locale: 'is a language that the app has not',
  taken: 'is taken already',
  fixed_handle: 'cannot change: it is what the tokens of this app name people by',
  stale: 'was changed by somebody else meanwhile',
};

/** Makes a sentence, a repair and an exit code of whatever was thrown; never a stack of a foreseen error. */
export function explain(error: unknown, target: Target | undefined): Explained {
  if (error instanceof CliError) {
    const { exitCode, message, repair } = error;
    return { exitCode, lines: repair === undefined ? [message] : [message, repair] };
  }
  if (error instanceof SetupError) return { exitCode: error.exitCode, lines: [error.message] };
  if (error instanceof HostClientError) return explainHost(error, target);
  if (error instanceof AuthError) return explainUser(error);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exitCode: EXIT.refused, lines: [`Stopped by an unexpected error: ${text}`] };
}

/** What a user of an app is told. */
function explainUser({ code, message, reason, requestId, retryAfter }: AuthError): Explained {
  const request = requestId === undefined ? '' : ` (request ${plain(requestId)})`;
  const lines = [
    `The host says: ${plain(message)} (${[code, reason].filter(Boolean).join(', ')}).${request}`,
  ];
  if (retryAfter !== undefined) lines.push(`Try again in ${retryAfter} s.`);
  if (code === 'network' || code === 'timeout') return { exitCode: EXIT.unreachable, lines };
  const isLater = code === 'unavailable' || code === 'too_many_requests';
  return { exitCode: isLater ? EXIT.tryAgain : EXIT.refused, lines };
}

function explainHost(error: HostClientError, target: Target | undefined): Explained {
  const address = target?.url ?? 'the host';
  const request = error.requestId === undefined ? '' : ` (request ${plain(error.requestId)})`;
  switch (error.kind) {
    case 'secret_refused':
      return {
        exitCode: EXIT.secretRefused,
        lines: [`The server secret is refused by ${address}.${request}`, secretRepair(target)],
      };
    case 'unreachable':
      return {
        exitCode: EXIT.unreachable,
        lines: [`${plain(error.message)}.`, 'Does it run, and is the address right?'],
      };
    case 'timeout':
      return {
        exitCode: EXIT.tryAgain,
        lines: [`${plain(error.message)}.`, '--timeout SECONDS waits longer.'],
      };
    case 'aborted':
      return { exitCode: EXIT.cancelled, lines: ['Given up.'] };
    case 'bad_response':
      if (isPassing(error.status)) return busy(error, address, request);
      return {
        exitCode: EXIT.unreachable,
        lines: [
          `What answers at ${address} is no CoSync Auth host: ${plain(error.message)}.${request}`,
          'Is the address right?',
        ],
      };
    case 'refused':
      if (isPassing(error.status)) return busy(error, address, request);
      return { exitCode: EXIT.refused, lines: [`${refusal(error)}${request}`] };
  }
}

function isPassing(status: number | undefined): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

function busy({ status, retryAfter }: HostClientError, address: string, request: string): Explained {
  const what = status === 429 ? 'has had enough of this for now' : 'is not ready';
  const when = retryAfter === undefined ? 'Try again soon.' : `Try again in ${retryAfter} s.`;
  return {
    exitCode: EXIT.tryAgain,
    lines: [`The host at ${address} ${what} (HTTP ${status}).${request}`, when],
  };
}

function refusal({ message, reason, field, path, unmet }: HostClientError): string {
  const what = reason === undefined ? undefined : REASONS[reason];
  if (what === undefined) return `The host refuses it: ${plain(message)}.`;
  const subject = path ?? field ?? (reason === 'stale' ? 'it' : 'something');
  const rules = unmet ? ` (${unmet.map(plain).join(', ')})` : '';
  return `The host refuses it: ${plain(subject)} ${what}${rules}.`;
}

function secretRepair(target: Target | undefined): string {
  const printed = 'npx setup --print-secret prints the right one';
  if (target?.name !== undefined)
    return `${printed}; then: cosync host add ${target.name} --url ${target.url}`;
  return `${printed}.`;
}
