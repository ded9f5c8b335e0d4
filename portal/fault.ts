import { HostClientError } from '../client/host/index.ts';
import { Refusal } from './frame/refusal.ts';
import type { Texts } from './frame/texts.ts';

/** What a host found wrong with what was typed: the field as it was sent, and a sentence for its place. */
export interface Fault {
  field: string | undefined;
  text: string;
}

/**
 * The sentence for a refusal of the host, to be shown beside what was typed (422). Throws whatever else was
 * thrown: a host that is away is a page of its own.
 */
export function faultOf(texts: Texts, thrown: unknown): Fault {
  if (!(thrown instanceof HostClientError) || thrown.kind !== 'refused') throw thrown;
  const { reason, field, unmet, path, message, status, retryAfter } = thrown;
  const name = `reason.${reason ?? ''}`;
  if (status === 429) return { field, text: texts.say('reason.limited', { seconds: retryAfter ?? 60 }) };
  if (!texts.has(name)) return { field, text: texts.say('reason.other', { message }) };
  const what = { path: path ?? field ?? '', unmet: unmet?.join(', ') ?? '' };
  return { field, text: texts.say(name, what) };
}

/** Another change came between; `current` is the row as it is. */
export function isStale(thrown: unknown): thrown is HostClientError & { current: unknown } {
  return thrown instanceof HostClientError && thrown.reason === 'stale';
}

/** What a host has at that id; `Refusal` 404 where it has nothing. */
export async function found<T>(asked: Promise<T>): Promise<T> {
  const answer = await unlessRefused(asked);
  if (answer === undefined) throw new Refusal(404);
  return answer;
}

/** Undefined where the host refuses. */
export function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof HostClientError && error.kind === 'refused') return undefined;
    throw error;
  });
}
