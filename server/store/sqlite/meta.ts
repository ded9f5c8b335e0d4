import type { MetaOperations } from '../engine.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Statements } from './statements.ts';

/** Named texts of the host itself. */
export function createMeta(statements: Statements, database: GroupCommit): MetaOperations {
  return {
    metaGet: (name) =>
      database.read(
        () =>
          statements.get('SELECT value FROM meta WHERE name = :name', { name })?.value as string | undefined,
      ),

    metaCompareAndSet: (name, expected, value) =>
      database.write(() => {
        const changes =
          expected === undefined
            ? statements.run('INSERT OR IGNORE INTO meta (name, value) VALUES (:name, :value)', {
                name,
                value,
              })
            : statements.run('UPDATE meta SET value = :value WHERE name = :name AND value = :expected', {
                name,
                value,
                expected,
              });
        return changes === 1;
      }),
  };
}
