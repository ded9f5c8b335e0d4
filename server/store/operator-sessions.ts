import type { OperatorSession } from '../model/operator.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { OperatorSessionStore } from '../ports/store/operator-sessions.ts';
import type { Engine, Filter } from './engine.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealedFields, SealingDeps } from './sealed.ts';
import { HOST_SCOPE } from './tables.ts';

const SESSION_FIELDS: SealedFields<OperatorSession> = {
  secret: ['digest', 'csrf', 'waiting'],
  personal: ['address', 'userAgent'],
  whole: true,
};

function mapping(lookups: Lookups): RecordMapping<OperatorSession> {
  return {
    table: 'operatorSessions',
    sealed: SESSION_FIELDS,
    toRow: ({ id, revision, createdAt, seenAt, expiresAt, ...fields }) => ({
      id,
      appId: HOST_SCOPE,
      revision,
      createdAt,
      touchedAt: seenAt,
      dueAt: expiresAt,
      fields,
      keys: { digest: keyOf(lookups, fields.digest) },
      lookups: { operator: fields.operatorId },
    }),
    toRecord: ({ id, revision, createdAt, touchedAt, dueAt }, fields) =>
      ({
        ...fields,
        id,
        revision,
        createdAt,
        expiresAt: dueAt,
        ...(touchedAt !== undefined && { seenAt: touchedAt }),
      }) as OperatorSession,
  };
}
function keyOf(lookups: Lookups, digest: string): string {
  return lookups.key(HOST_SCOPE, 'operatorSession.digest', digest);
}

/** `OperatorSessionStore` over an engine. */
export function createOperatorSessionStore(
  engine: Engine,
  lookups: Lookups,
  sealing: SealingDeps,
): OperatorSessionStore {
  const records = new Records(engine, mapping(lookups), sealing);
  const of = (operatorId: string): Filter => ({
    appId: HOST_SCOPE,
    lookup: { name: 'operator', value: operatorId },
  });
  return {
    insert: (session) => records.insert(session),
    insertMany: (sessions) => records.insertMany(sessions),
    findByDigest: (digest) =>
      records.findByKey(HOST_SCOPE, 'digest', keyOf(lookups, digest), (session) => session.digest === digest),
    replace: (session) => records.replace(session),
    touch: (id, at) => engine.touch('operatorSessions', { appId: HOST_SCOPE, id }, at),
    remove: (id) => records.remove(HOST_SCOPE, id),
    listOf: (operatorId) => Array.fromAsync(records.newest(of(operatorId))),
    removeOf: (operatorId) => records.removeWhere(of(operatorId)),
    removeExpired: (now, limit) => records.removeWhere({ due: { before: now } }, limit),
    stream: () => records.stream({ appId: HOST_SCOPE }),
  };
}
