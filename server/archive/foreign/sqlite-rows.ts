import { once as onceOf } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ForeignFileError, type ForeignRow } from '../../ports/foreign-files.ts';

/** For one page of rows, however the file was made. */
const DEADLINE_MS = 20_000;

type Answer = { rows: Record<string, unknown>[] } | { problem: 'broken_file' | 'wrong_kind' | 'too_slow' };

/**
 * The rows of the table of people in a foreign SQLite file, in a thread of their own that is ended when a
 * page takes too long: such a file can be made to keep a query busy. Throws `ForeignFileError`.
 */
export async function* sqliteRows(path: string, gone?: AbortSignal): AsyncGenerator<ForeignRow> {
  const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
    workerData: { path },
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  // Whoever stops reading halfway must not keep the process.
  worker.unref();
  const leave = () => void worker.terminate();
  gone?.addEventListener('abort', leave);
  let line = 0;
  try {
    while (true) {
      const answer = await next(worker);
      if (gone?.aborted) throw new ForeignFileError('file_gone', line);
      if ('problem' in answer) throw new ForeignFileError(answer.problem, line);
      if (answer.rows.length === 0) return;
      for (const fields of answer.rows) yield { line: ++line, letters: lettersOf(fields), fields };
    }
  } finally {
    gone?.removeEventListener('abort', leave);
    await worker.terminate();
  }
}

function lettersOf(fields: Record<string, unknown>): number {
  return Object.values(fields).reduce<number>((sum, value) => sum + String(value).length, 0);
}

async function next(worker: Worker): Promise<Answer> {
  const asked = new AbortController();
  const { signal } = asked;
  // Each alone may be what happens; the others are given up then.
  const once = async (event: string): Promise<Answer> => {
    const [answer] = (await onceOf(worker, event, { signal })) as [Answer];
    return event === 'message' ? answer : { problem: 'broken_file' };
  };
  const slow = pause(DEADLINE_MS, undefined, { signal, ref: false }).then(
    () => ({ problem: 'too_slow' }) as const,
  );
  try {
    const first = Promise.race([once('message'), once('exit'), slow]);
    worker.postMessage('next');
    return await first;
  } catch {
    return { problem: 'broken_file' };
  } finally {
    asked.abort();
  }
}
