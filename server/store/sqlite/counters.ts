import type { AttemptEntry, CounterOperations, CounterRow } from '../counter-operations.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Statements } from './statements.ts';

const ABSENT: CounterRow = { value: 0, blockedUntil: 0, touchedAt: 0, expiresAt: undefined };

/**
 * The counters; each write reads, decides and writes within one transaction that holds the database's only
 * write lock.
 */
export function createCounters(statements: Statements, database: GroupCommit): CounterOperations {
  const write = <T>(isNoted = false, run: () => T): Promise<T> =>
    isNoted ? database.note(run) : database.write(run);
  function find(key: string): CounterRow | undefined {
    const row = statements.get(
      'SELECT value, blockedUntil, touchedAt, expiresAt FROM counters WHERE key = :key',
      { key },
    );
    return row && ({ ...row, expiresAt: row.expiresAt ?? undefined } as unknown as CounterRow);
  }
  /** The row, or zeros when it is absent or past its time. */
  function current(key: string, now: number): CounterRow {
    const row = find(key);
    return row && (row.expiresAt === undefined || row.expiresAt > now) ? row : ABSENT;
  }
  function put(key: string, { expiresAt, ...row }: CounterRow): void {
    statements.run(
      `INSERT OR REPLACE INTO counters (key, value, blockedUntil, touchedAt, expiresAt)
       VALUES (:key, :value, :blockedUntil, :touchedAt, :expiresAt)`,
      { key, ...row, expiresAt: expiresAt ?? null },
    );
  }
  function release(key: string, waitedUntil: number): void {
    statements.run(
      `UPDATE counters SET value = max(0, value - 1),
       blockedUntil = CASE blockedUntil WHEN 0 THEN :waitedUntil ELSE blockedUntil END WHERE key = :key`,
      { key, waitedUntil },
    );
  }

  return {
    counterFind: (key) => database.read(() => find(key)),

    counterIncrement: (key, { now, by, cap, expiresAt, isNoted }) =>
      write(isNoted, () => {
        const row = current(key, now);
        const value = row.value + by;
        if (cap !== undefined && value > cap) return undefined;
        put(key, { ...row, value, touchedAt: now, expiresAt: row === ABSENT ? expiresAt : row.expiresAt });
        return value;
      }),

    async counterAdmit({ key, ...entry }) {
      return (await this.counterIncrement(key, { ...entry, isNoted: true })) !== undefined;
    },
    counterDecrement: (key, by, isNoted) =>
      write(isNoted, () => {
        statements.run('UPDATE counters SET value = max(0, value - :by) WHERE key = :key', { key, by });
      }),

    counterSet: (key, value, expiresAt) =>
      database.write(() => put(key, { value, blockedUntil: 0, touchedAt: 0, expiresAt })),

    counterRemove: (key, isNoted) =>
      write(isNoted, () => {
        statements.run('DELETE FROM counters WHERE key = :key', { key });
      }),

    counterAttempt: (entries) =>
      database.note(() => {
        const asked = entries.map((entry) => {
          const row = current(entry.key, entry.now);
          return { entry, row, admitted: admits(row, entry) };
        });
        if (asked.every(({ admitted }) => admitted)) {
          for (const { entry, row } of asked) {
            const reserved = { value: row.value + 1, blockedUntil: 0, touchedAt: entry.now };
            put(entry.key, { ...reserved, expiresAt: endOf(row, entry) });
          }
        }
        return asked.map(({ admitted, row }) => ({ admitted, row }));
      }),

    counterForgive: (keys, released) =>
      database.note(() => {
        for (const key of keys) statements.run('DELETE FROM counters WHERE key = :key', { key });
        for (const { key, waitedUntil } of released) release(key, waitedUntil);
      }),

    counterFail: (key, entry) =>
      database.note(() => {
        const { now, free, maxWaitMs } = entry;
        const row = current(key, now);
        const value = Math.max(1, row.value);
        const waitMs = value < free ? 0 : Math.min(maxWaitMs, 1_000 * 2 ** (value - free));
        const blockedUntil = waitMs === 0 ? 0 : now + waitMs;
        put(key, { ...row, value, blockedUntil, expiresAt: endOf(row, entry) });
        return value;
      }),

    counterRemoveExpired: (now, limit) =>
      database.note(() =>
        statements.run(
          'DELETE FROM counters WHERE key IN (SELECT key FROM counters WHERE expiresAt <= :now LIMIT :limit)',
          { now, limit },
        ),
      ),

    counterPage: (after, limit) =>
      database.read(() =>
        statements
          .all('SELECT key FROM counters WHERE key > :after ORDER BY key LIMIT :limit', { after, limit })
          .map(({ key }) => ({ key: String(key), row: find(String(key)) ?? ABSENT })),
      ),

    counterPut: (key, row) => database.write(() => put(key, row)),
  };
}

function admits(
  { value, blockedUntil, touchedAt }: CounterRow,
  { now, free, staleMs }: AttemptEntry,
): boolean {
  const waitIsOver = blockedUntil > 0 && blockedUntil <= now;
  const leftBehind = blockedUntil === 0 && touchedAt + staleMs <= now;
  return value < free || waitIsOver || leftBehind;
}

function endOf(
  row: CounterRow,
  { free, expiresAt, fixedWindow }: Pick<AttemptEntry, 'free' | 'expiresAt' | 'fixedWindow'>,
): number | undefined {
  return fixedWindow && row !== ABSENT && row.value < free ? row.expiresAt : expiresAt;
}
