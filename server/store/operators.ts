import type { Operator } from '../model/operator.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { OperatorStore } from '../ports/store/operators.ts';
import type { Engine } from './engine.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealedFields, SealingDeps } from './sealed.ts';
import { HOST_SCOPE } from './tables.ts';

const OPERATOR_FIELDS: SealedFields<Operator> = {
  secret: ['passwordHash', 'totpSecret', 'pendingTotp', 'entry'],
  personal: ['email'],
  whole: true,
};

function mapping(lookups: Lookups): RecordMapping<Operator> {
  return {
    table: 'operators',
    sealed: OPERATOR_FIELDS,
    toRow: ({ id, revision, createdAt, ...fields }) => ({
      id,
      appId: HOST_SCOPE,
      revision,
      createdAt,
      fields,
      keys: {
        email: keyOf(lookups, 'email', fields.email),
        entry: fields.entry ? keyOf(lookups, 'entry', fields.entry.digest) : `-${id}`,
      },
    }),
    toRecord: ({ id, revision, createdAt }, fields) => ({ ...fields, id, revision, createdAt }) as Operator,
  };
}
function keyOf(lookups: Lookups, kind: 'email' | 'entry', value: string): string {
  return lookups.key(HOST_SCOPE, `operator.${kind}`, value);
}

/** `OperatorStore` over an engine. */
export function createOperatorStore(engine: Engine, lookups: Lookups, sealing: SealingDeps): OperatorStore {
  const records = new Records(engine, mapping(lookups), sealing);
  return {
    insert: (operator) => records.insert(operator),
    insertMany: (operators) => records.insertMany(operators),
    find: (id) => records.find(HOST_SCOPE, id),
    findByEmail: (email) =>
      records.findByKey(
        HOST_SCOPE,
        'email',
        keyOf(lookups, 'email', email),
        (operator) => operator.email === email,
      ),
    findByEntry: (digest) =>
      records.findByKey(
        HOST_SCOPE,
        'entry',
        keyOf(lookups, 'entry', digest),
        ({ entry }) => entry?.digest === digest,
      ),
    async list() {
      const all = await Array.fromAsync(records.stream({ appId: HOST_SCOPE }));
      return all.sort((one, other) => (one.email < other.email ? -1 : 1));
    },
    replace: (operator) => records.replace(operator),
    remove: (id) => records.remove(HOST_SCOPE, id),
  };
}
