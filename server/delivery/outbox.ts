import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Message } from '../model/message.ts';
import type { Clock } from '../ports/clock.ts';
import { DeliveryError } from '../ports/delivery/delivery-error.ts';
import type { Steps } from './steps.ts';

/** Takes messages instead of a provider. */
export interface Outbox {
  /** Appends one line. Throws `DeliveryError` when the file cannot be written. */
  deliver(message: Message): Promise<void>;
}

interface OutboxOptions {
  dataDir: string;
  clock: Clock;
  log: { info(fields: Record<string, unknown>, message: string): void };
  /** Shows code or link to the developer; written only when it is a terminal. */
  terminal?: { isTTY?: boolean; write(text: string): unknown };
}

/**
 * The developer's mailer and texter: one JSON line per message in `<DATA_DIR>/outbox.jsonl` (operator §3),
 * which several processes may share.
 */
export function openOutbox({ dataDir, clock, log, terminal }: OutboxOptions): Outbox {
  const file = join(dataDir, 'outbox.jsonl');
  let last: Promise<void> = Promise.resolve();
  // One after the other, so that a line that found no room can be taken back.
  function inTurn(line: Buffer): Promise<void> {
    const turn = last.then(() => append(file, line));
    last = turn.catch(() => undefined);
    return turn;
  }
  return {
    async deliver(message) {
      await inTurn(Buffer.from(`${JSON.stringify(outboxLine(message, clock.now()))}\n`));
      // The domain of the recipient only: never the address, never the code.
      const domain = message.channel === 'email' ? message.to.split('@').at(-1) : undefined;
      log.info({ channel: message.channel, domain, appId: message.appId }, 'message written to the outbox');
      const secret = message.code ?? message.link;
      if (terminal?.isTTY && secret) terminal.write(`${message.message} for ${message.to}: ${secret}\n`);
    },
  };
}

/** The only step of a message that goes to an outbox. Throws as `deliver` does. */
export function deliverTo(outbox: Pick<Outbox, 'deliver'>, steps: Steps, message: Message): Promise<void> {
  return steps.take(
    'accepted',
    () => outbox.deliver(message),
    () => 'written to the outbox file',
  );
}

/** Members of a line beside `at`, in the order of operator §3. */
const MEMBERS = [
  ...(['channel', 'appId', 'message', 'locale', 'to', 'from', 'replyTo', 'subject', 'text', 'html'] as const),
  ...(['code', 'link', 'attachments'] as const),
];

function outboxLine(message: Message, now: number): Record<string, unknown> {
  const members = MEMBERS.map((name) => [name, message[name]]);
  return { at: new Date(now).toISOString(), ...Object.fromEntries(members) };
}

async function append(file: string, line: Buffer): Promise<void> {
  // Opened for each line, so that a developer may remove the file at any time; one write at the end of the
  // file is never torn by another's.
  const handle = await open(file, 'a', 0o600).catch(() => undefined);
  try {
    if (handle && (await writeWhole(handle, line))) return;
  } catch {
    // Answered below, without a path.
  } finally {
    await handle?.close();
  }
  throw new DeliveryError({ step: 'provider', provider: 'outbox', retryable: true });
}

/**
 * False when a full disk took a part only; the part is cut off again, or the next line would be appended to
 * it.
 */
async function writeWhole(handle: FileHandle, line: Buffer): Promise<boolean> {
  const before = (await handle.stat()).size;
  const { bytesWritten } = await handle.write(line);
  if (bytesWritten === line.length) return true;
  // Another process may have appended meanwhile: its line is worth more than a tidy file.
  if ((await handle.stat()).size === before + bytesWritten) await handle.truncate(before);
  return false;
}
