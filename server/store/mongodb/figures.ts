import type { Db, Document, Filter } from 'mongodb';
import type { Figure } from '../../model/figure.ts';
import type { FigureOperations } from '../engine.ts';
import { type Connection, NOTED } from './connection.ts';
import { equal } from './filters.ts';
import { duplicates } from './tables.ts';

/** A figure; `_id` is its whole key. */
export interface FigureDocument extends Figure {
  _id: string;
}

/** The figures; one upsert for each key. */
export function figureOperations(db: Db, connection: Connection): FigureOperations {
  const figures = db.collection<FigureDocument>('figures');

  return {
    async figuresAdd(batch) {
      for (let left = batch.map(upsertOf); left.length > 0; ) {
        left = await connection
          .run(() => figures.bulkWrite(left, { ...NOTED, ordered: false }))
          .then(
            () => [],
            // Another process made these rows first; now there are some to add to.
            (error: unknown) => duplicates(error).map((index) => left[index] as (typeof left)[number]),
          );
      }
    },

    async figureSums(appId, { metric, from, to, by, second }) {
      const range = { $gte: from, $lte: to };
      const match: Document = { appId: equal(appId), metric: equal(metric), day: range };
      if (second !== undefined) match.second = equal(second);
      const kept = Object.fromEntries(['day', ...by].map((name) => [name, `$${name}`]));
      const stages = [
        { $match: match },
        { $group: { _id: kept, count: { $sum: '$count' } } },
        { $sort: { '_id.day': 1, '_id.first': 1, '_id.second': 1 } },
      ];
      const sums = await connection.run(() =>
        figures.aggregate<{ _id: { day: number }; count: number }>(stages).toArray(),
      );
      return sums.map(({ _id, count }) => ({ first: '', second: '', ..._id, count }));
    },

    async figuresCounted(appId, metric, second) {
      const query: Filter<FigureDocument> = { appId: equal(appId), metric: equal(metric) };
      if (second !== undefined) query.second = equal(second);
      return (await connection.run(() => figures.findOne(query, { projection: { _id: 1 } }))) !== null;
    },

    async figuresFirstDay(appId) {
      const options = { sort: { day: 1 }, projection: { day: 1 } } as const;
      const first = await connection.run(() => figures.findOne({ appId: equal(appId) }, options));
      return first?.day;
    },

    async figuresRemove(which, limit) {
      const query: Filter<FigureDocument> =
        'appId' in which ? { appId: equal(which.appId) } : { day: { $lt: which.before } };
      const options = { projection: { _id: 1 }, limit } as const;
      const found = await connection.run(() => figures.find(query, options).toArray());
      const ids = found.map(({ _id }) => _id);
      const result = await connection.run(() => figures.deleteMany({ _id: { $in: ids } }));
      return result.deletedCount;
    },

    async figurePage(appId, after, limit) {
      const query = { appId: equal(appId), ...(after && { _id: { $gt: idOf(after) } }) };
      const found = await connection.run(() => figures.find(query, { sort: { _id: 1 }, limit }).toArray());
      return found.map(({ _id, ...figure }) => figure);
    },
  };
}

function upsertOf({ count, ...key }: Figure) {
  const update = { $inc: { count }, $setOnInsert: key };
  return { updateOne: { filter: { _id: equal(idOf(key)) }, update, upsert: true } };
}

function idOf({ appId, metric, day, first, second }: Omit<Figure, 'count'>): string {
  return [appId, metric, day, first, second].join(' ');
}
