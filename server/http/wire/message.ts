import { z } from 'zod';
import { MESSAGE_STATES, type QueuedMessage } from '../../model/message.ts';
import { timeText, wireTime } from './time.ts';

/** What became of a message (additions §3); never its text or a code. */
export const messageAnswer = z.strictObject({
  id: z.string(),
  appId: z.string(),
  channel: z.enum(['email', 'sms']),
  template: z.string(),
  locale: z.string(),
  to: z.string(),
  state: z.enum(MESSAGE_STATES),
  tries: z.int(),
  queuedAt: timeText,
  sentAt: timeText.optional(),
  nextTryAt: timeText.optional(),
  lastError: z.string().optional(),
});
/** `reveal`: the whole recipient, else enough to tell two apart. */
export function wireMessage(message: QueuedMessage, reveal: boolean): z.infer<typeof messageAnswer> {
  const { id, appId, channel, template, locale, to, state, tries, sentAt, lastError } = message;
  return {
    id,
    appId,
    channel,
    template,
    locale,
    state,
    tries,
    lastError,
    to: reveal ? to : masked(to),
    queuedAt: wireTime(message.createdAt),
    sentAt: wireTime(sentAt),
    nextTryAt: state === 'waiting' ? wireTime(message.dueAt) : undefined,
  };
}

/** The first character of each part: `a…@e…`, `+4…`. */
function masked(to: string): string {
  const at = to.lastIndexOf('@');
  if (at < 0) return `${firstOf(to, to.startsWith('+') ? 2 : 1)}…`;
  return `${firstOf(to, 1)}…@${firstOf(to.slice(at + 1), 1)}…`;
}

function firstOf(text: string, count: number): string {
  return [...text].slice(0, count).join('');
}
