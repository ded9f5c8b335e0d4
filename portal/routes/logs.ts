import { eachRow, type LogRow } from '../../client/host/index.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { csvDownload } from '../csv.ts';
import type { PortalReply, PortalRoute } from '../frame/route.ts';
import { choiceFilter, type Filter, listAddress, listModel, PAGE_ROWS } from '../list.ts';
import { mask } from '../mask.ts';
import { accessOf } from '../roles.ts';

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The log of an app: what was done, by whom, and how it ended. */
export const logRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '/logs', may: 'seeLogs', respond: list }),
  appRoute({ method: 'GET', path: '/logs/export', may: 'actOnMany', respond: exportAll }),
];

async function list(request: AppRequest): Promise<PortalReply> {
  const { host, base, query, operator } = request;
  const path = `${base}/logs`;
  // New rows come in at the top: who follows them looks at the first page.
  const isLive = query.has('live');
  const after = isLive ? '' : (query.get('after') ?? '');
  const found = await host.logs.list({ ...filterOf(request), after, limit: PAGE_ROWS });
  return appPage(request, 'logs', 'appBar.logs', {
    rows: found.rows.map((row) => shown(request, row)),
    list: listModel(path, query, { filters: filtersOf(request), next: isLive ? undefined : found.next }),
    isLive,
    poll: isLive ? listAddress(path, query, { live: '1', poll: '1' }) : undefined,
    liveAddress: listAddress(path, query, { live: isLive ? '' : '1' }),
    exportAddress:
      accessOf(operator, 'actOnMany') === 'full'
        ? listAddress(`${path}/export`, query, { live: '' })
        : undefined,
  });
}

function filtersOf({ texts, query, access }: AppRequest): Filter[] {
  const text = (name: string) => query.get(name) ?? '';
  const search = (name: string, hint?: string): Filter => ({
    name,
    label: texts.say(`logs.${name}`),
    search: true,
    value: text(name),
    hint,
  });
  return [
    // Who sees handles masked does not find by them either.
    ...(access === 'full' ? [search('handle')] : []),
    search('action', 'login, signup'),
    choiceFilter(texts, query, {
      name: 'type',
      label: texts.say('logs.actor'),
      prefix: 'logs.type.',
      values: ['user', 'app'],
    }),
    choiceFilter(texts, query, {
      name: 'status',
      label: texts.say('logs.outcome'),
      prefix: 'logs.status.',
      values: ['success', 'error'],
    }),
    { name: 'from', label: texts.say('from'), day: true, value: text('from') },
    { name: 'to', label: texts.say('to'), day: true, value: text('to') },
  ];
}

function filterOf({ appId, query, access }: AppRequest) {
  const dayOf = (name: string) => {
    const text = query.get(name) ?? '';
    return DAY.test(text) ? text : undefined;
  };
  const [from, to] = [dayOf('from'), dayOf('to')];
  const type = query.get('type');
  const status = query.get('status');
  return {
    appId,
    handle: (access === 'full' && query.get('handle')?.trim()) || undefined,
    filterAction: query.get('action')?.trim() || undefined,
    type: type === 'user' || type === 'app' ? type : undefined,
    status: status === 'success' || status === 'error' ? status : undefined,
    fromDate: from && `${from}T00:00:00.000Z`,
    toDate: to && `${to}T23:59:59.999Z`,
  } as const;
}

function shown({ texts, access }: AppRequest, row: LogRow) {
  const { createdAt, handle = '', by = '', action, value, status, logType } = row;
  const isMasked = access === 'masked';
  return {
    createdAt,
    action,
    actor: texts.say(`logs.type.${logType}`),
    by: isMasked && by ? mask(by) : by,
    handle: isMasked && handle ? mask(handle) : handle,
    value: isMasked || value === '{}' ? '' : value,
    isGood: status === 'success',
    outcome: texts.say(`logs.status.${status}`),
  };
}

async function exportAll(request: AppRequest): Promise<PortalReply> {
  const filter = filterOf(request);
  const { appId, hostId, audit } = request;
  await audit({ action: 'exportLogs', host: hostId, appId });
  async function* rows() {
    for await (const row of eachRow((paging) => request.host.logs.list({ ...filter, ...paging })))
      yield [row.createdAt, row.logType, row.by ?? '', row.action, row.status, row.handle ?? '', row.value];
  }
  const header = ['time', 'actor', 'operator', 'action', 'outcome', 'handle', 'value'];
  return csvDownload('logs.csv', header, rows());
}
