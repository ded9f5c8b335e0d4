import { csvLine } from '../../client/host/csv.ts';
import { auditFilterFor, auditPage } from '../../server/domain/operators/audit.ts';
import type { AuditRow, Operator } from '../../server/model/operator.ts';
import type { AuditFilter } from '../../server/ports/store/audit.ts';
import {
  download,
  operatorRoute,
  type PortalReply,
  type PortalRoute,
  page,
  type Request,
} from '../frame/route.ts';
import { HERE } from '../host-client.ts';
import { listAddress, listModel, PAGE_ROWS } from '../list.ts';
import { mask } from '../mask.ts';
import { seesApp } from '../roles.ts';

const AUDIT = '/portal/audit';
/** What lines of the audit are called, as the filter lists them. */
const ACTIONS = [
  ...['signIn', 'enter', 'changePassword', 'enableFactor', 'disableFactor', 'newRecoveryCodes'],
  ...['inviteOperator', 'renewLink', 'changeRole', 'endSessions', 'removeOperator'],
  ...['addHost', 'editHost', 'removeHost'],
  ...['addUser', 'changeUser', 'suspendUser', 'activateUser', 'unlockUser', 'endUserSessions', 'sendReset'],
  ...['disableUserFactor', 'exportUser', 'deleteUser', 'stopJob'],
  ...['exportUsers', 'exportSignups', 'exportInvites', 'exportLogs'],
  ...['many.suspend', 'many.activate', 'many.sendPasswordReset', 'many.delete'],
  ...[
    'confirmSignup',
    'resendSignup',
    'removeSignup',
    'inviteMany',
    'resendInvite',
    'withdrawInvite',
    'withdrawInvites',
  ],
  ...[
    'changeText',
    'revertText',
    'retryMessage',
    'exportApp',
    'importApp',
    'tryMoveIn',
    'moveIn',
    'exportRefused',
    'resetApp',
    'deleteApp',
  ],
  ...[
    'removeAssets',
    'testStorage',
    'createApp',
    'changeSettings',
    'rotateAppToken',
    'rotateKey',
    'issueSuperUserToken',
  ],
];

/** What operators did: an owner of all apps sees every row, the others their own. */
export const auditRoutes: PortalRoute[] = [
  operatorRoute({ method: 'GET', path: AUDIT, may: 'seeAudit', respond: list }),
  operatorRoute({ method: 'GET', path: `${AUDIT}/export`, may: 'seeAudit', respond: exportAll }),
];

async function list({ deps, operator, query, texts }: Request): Promise<PortalReply> {
  const filter = auditFilterFor(operator, filterOf(query));
  const after = query.get('after') ?? '';
  const { rows, next } = await auditPage(deps, filter, { after, limit: PAGE_ROWS });
  const chosen = query.get('action') ?? '';
  const actions = ACTIONS.map((value) => ({
    value,
    label: texts.say(`audit.${value}`),
    chosen: value === chosen,
  }));
  return page('audit', 'audit.title', {
    rows: rows.filter(isSeen(operator)).map((row) => ({
      ...shown(row),
      ...(operator.role === 'viewer' && row.target && { target: mask(row.target) }),
      action: texts.has(`audit.${row.action}`) ? texts.say(`audit.${row.action}`) : row.action,
    })),
    actions,
    from: query.get('from') ?? '',
    to: query.get('to') ?? '',
    own: filter.operatorId !== undefined,
    list: listModel(AUDIT, query, { next }),
    exportAddress: listAddress(`${AUDIT}/export`, query),
  });
}

/** Whether a row may be shown: one of an app outside the operator's limit names what they may not know of. */
function isSeen(operator: Operator): (row: AuditRow) => boolean {
  return ({ host, appId }) => appId === undefined || seesApp(operator, host ?? HERE, appId);
}

function shown(row: AuditRow) {
  return {
    createdAt: row.createdAt,
    email: row.email,
    address: row.address,
    target: [row.host, row.appId, row.target].filter((part) => part !== undefined).join(' · '),
    changes: row.changes.map(({ field, before, after }) =>
      [field, ...(before || after ? [`${before ?? '–'} → ${after ?? '–'}`] : [])].join(': '),
    ),
  };
}

function filterOf(query: URLSearchParams): AuditFilter {
  const dayOf = (name: string) => {
    const text = query.get(name) ?? '';
    return /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  };
  const [from, to] = [dayOf('from'), dayOf('to')];
  const action = query.get('action');
  return {
    ...(action && { action }),
    ...(!Number.isNaN(from) && { from }),
    ...(!Number.isNaN(to) && { to: to + 86_400_000 }),
  };
}

async function exportAll({ deps, operator, query }: Request): Promise<PortalReply> {
  const rows = deps.store.audit.newest(auditFilterFor(operator, filterOf(query)));
  return download('audit.csv', 'text/csv; charset=utf-8', lines(operator, rows));
}

async function* lines(operator: Operator, rows: AsyncIterable<AuditRow>): AsyncIterable<string> {
  yield csvLine(['time', 'operator', 'address', 'action', 'host', 'app', 'target', 'changes']);
  const sees = isSeen(operator);
  for await (const row of rows) {
    if (!sees(row)) continue;
    const { email, address, action, host = '', appId = '', target = '', changes } = row;
    const time = new Date(row.createdAt).toISOString();
    yield csvLine([
      time,
      email,
      address,
      action,
      host,
      appId,
      operator.role === 'viewer' && target ? mask(target) : target,
      changes.length > 0 ? JSON.stringify(changes) : '',
    ]);
  }
}
