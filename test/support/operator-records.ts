import type { AuditRow, ManagedHost, Operator, OperatorSession } from '../../server/model/operator.ts';
import { anId, aRowId, MADE_AT } from './records.ts';

/** An owner who never entered. */
export function anOperator(overrides: Partial<Operator> = {}): Operator {
  const id = aRowId();
  return {
    id,
    revision: 1,
    email: `${id}@example.com`,
    role: 'owner',
    recoveryCodes: [],
    epoch: 0,
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    ...overrides,
  };
}

export function anOperatorSession(overrides: Partial<OperatorSession> = {}): OperatorSession {
  return {
    id: aRowId(),
    revision: 1,
    operatorId: aRowId(),
    digest: anId(),
    epoch: 0,
    csrf: anId(),
    address: '192.0.2.1',
    userAgent: 'Mozilla/5.0',
    createdAt: MADE_AT,
    expiresAt: MADE_AT + 1_000,
    ...overrides,
  };
}

export function aManagedHost(overrides: Partial<ManagedHost> = {}): ManagedHost {
  const id = aRowId();
  return {
    id,
    revision: 1,
    name: `host ${id}`,
    url: 'https://auth.example.com',
    serverSecret: 'server-secret-of-the-other-host',
    privateAllowed: false,
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    ...overrides,
  };
}

export function anAuditRow(overrides: Partial<AuditRow> = {}): AuditRow {
  return {
    id: aRowId(),
    operatorId: 'operator',
    email: 'ada@example.com',
    address: '192.0.2.1',
    action: 'signIn',
    changes: [],
    createdAt: MADE_AT,
    ...overrides,
  };
}
