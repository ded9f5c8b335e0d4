import type { Job } from '../model/job.ts';
import type { JobStore } from '../ports/store/jobs.ts';
import type { Engine } from './engine.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealingDeps } from './sealed.ts';
import { HOST_SCOPE } from './tables.ts';

/** In one scope for the whole host, so that a worker needs no list of apps. */
const MAPPING: RecordMapping<Job> = {
  table: 'jobs',
  sealed: { secret: [], personal: ['task', 'progress', 'by'], whole: true },
  toRow: ({ id, revision, createdAt, dueAt, ...fields }) => ({
    id,
    appId: HOST_SCOPE,
    revision,
    createdAt,
    dueAt,
    fields,
    lookups: { app: fields.appId },
  }),
  toRecord: ({ id, revision, createdAt, dueAt }, fields) =>
    ({ ...fields, id, revision, createdAt, ...(dueAt !== undefined && { dueAt }) }) as Job,
};

/** `JobStore` over an engine. */
export function createJobStore(engine: Engine, sealing: SealingDeps): JobStore {
  const records = new Records(engine, MAPPING, sealing);
  const ofApp = (appId: string) => ({ appId: HOST_SCOPE, lookup: { name: 'app', value: appId } });
  const stream = () => records.stream({ appId: HOST_SCOPE });
  return {
    insert: (job) => records.insert(job),
    find: (id) => records.find(HOST_SCOPE, id),
    replace: (job) => records.replace(job),
    takeDue: (input) => records.takeDue(input),
    async list(appId, { after, limit }) {
      const all = await Array.fromAsync(records.newest(ofApp(appId)));
      const [createdAt = 0, id = ''] = (after ?? []) as readonly [number?, string?];
      const isBehind = (job: Job) =>
        job.createdAt < createdAt || (job.createdAt === createdAt && job.id < id);
      const rest = after ? all.filter(isBehind) : all;
      const rows = rest.slice(0, limit);
      const last = rows.at(-1);
      return { rows, ...(last && rest.length > limit && { next: [last.createdAt, last.id] }) };
    },
    stream,
    async removeEnded(before) {
      let removed = 0;
      for await (const { id, revision, endedAt } of stream()) {
        if (endedAt === undefined || endedAt >= before) continue;
        if (await records.remove(HOST_SCOPE, id, revision)) removed++;
      }
      return removed;
    },
    removeAll: (appId) => records.removeWhere(ofApp(appId)),
  };
}
