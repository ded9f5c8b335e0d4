import type { Figure } from '../../model/figure.ts';
import type { FigureOperations } from '../engine.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Statements } from './statements.ts';

type Sum = Awaited<ReturnType<FigureOperations['figureSums']>>[number];

const COLUMNS = 'appId, metric, day, first, second, count';

/** The figures; one upsert for each key, a batch in one transaction. */
export function createFigures(statements: Statements, database: GroupCommit): FigureOperations {
  return {
    figuresAdd: (figures) =>
      database.note(() => {
        for (const figure of figures) {
          statements.run(
            `INSERT INTO figures (${COLUMNS}) VALUES (:appId, :metric, :day, :first, :second, :count)
             ON CONFLICT DO UPDATE SET count = count + excluded.count`,
            { ...figure },
          );
        }
      }),

    figureSums: (appId, { metric, from, to, by, second }) =>
      database.read(() => {
        const kept = ['day', ...by];
        const shown = (['first', 'second'] as const).map((name) =>
          by.includes(name) ? name : `'' AS ${name}`,
        );
        const rows = statements.all(
          `SELECT day, ${shown}, sum(count) AS count FROM figures
           WHERE appId = :appId AND metric = :metric AND day BETWEEN :from AND :to
           ${second === undefined ? '' : 'AND second = :second'} GROUP BY ${kept} ORDER BY ${kept}`,
          { appId, metric, from, to, ...(second !== undefined && { second }) },
        );
        return rows.map((row) => ({ ...row }) as unknown as Sum);
      }),

    figuresCounted: (appId, metric, second) =>
      database.read(
        () =>
          statements.get(
            `SELECT 1 FROM figures WHERE appId = :appId AND metric = :metric
             ${second === undefined ? '' : 'AND second = :second'} LIMIT 1`,
            { appId, metric, ...(second !== undefined && { second }) },
          ) !== undefined,
      ),

    figuresFirstDay: (appId) =>
      database.read(() => {
        const row = statements.get('SELECT min(day) AS day FROM figures WHERE appId = :appId', { appId });
        return (row?.day as number | null) ?? undefined;
      }),

    figuresRemove: (which, limit) =>
      database.write(() => {
        const [condition, values] =
          'appId' in which
            ? ['appId = :appId', { appId: which.appId }]
            : ['day < :before', { before: which.before }];
        // A table without row ids is named by its whole key.
        const key = '(appId, metric, day, first, second)';
        return statements.run(
          `DELETE FROM figures WHERE ${key} IN
           (SELECT appId, metric, day, first, second FROM figures WHERE ${condition} LIMIT :limit)`,
          { ...(values as Record<string, string | number>), limit },
        );
      }),

    figurePage: (appId, after, limit) =>
      database.read(() => {
        const { metric = '', day = 0, first = '', second = '' } = after ?? {};
        const rows = statements.all(
          `SELECT ${COLUMNS} FROM figures
           WHERE appId = :appId AND (metric, day, first, second) > (:metric, :day, :first, :second)
           ORDER BY metric, day, first, second LIMIT :limit`,
          { appId, metric, day, first, second, limit },
        );
        return rows.map((row) => ({ ...row }) as unknown as Figure);
      }),
  };
}
