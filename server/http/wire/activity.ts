import { z } from 'zod';
import type { ListPage } from '../../domain/portal/list.ts';
import type { Activity } from '../../model/activity.ts';
import type { ActivityFilter } from '../../ports/store/activity.ts';
import type { Page } from '../../ports/store/page.ts';
import { listAnswer, wireList } from './list.ts';
import { optionalDate, timeText, wireTime } from './time.ts';

const portalLogAnswer = z.strictObject({
  _id: z.string(),
  appId: z.string().optional(),
  handle: z.string().optional(),
  action: z.string(),
  value: z.string(),
  logType: z.enum(['user', 'app']),
  status: z.enum(['success', 'error']),
  by: z.string().optional(),
  createdAt: timeText,
});
/** A page of an app's log (contract §4.6.29). */
export const portalLogsAnswer = z.strictObject({ totalLog: z.number(), logs: z.array(portalLogAnswer) });
export function portalLogs({ rows, total }: Page<Activity>): z.infer<typeof portalLogsAnswer> {
  return { totalLog: total, logs: rows.map(portalLog) };
}

export const keyedLogsAnswer = listAnswer(portalLogAnswer);
/** The same by key (additions §4). */
export function keyedLogs(page: ListPage<Activity>): z.infer<typeof keyedLogsAnswer> {
  return wireList(page, portalLog);
}

function portalLog(row: Activity): z.infer<typeof portalLogAnswer> {
  return {
    _id: row.id,
    appId: row.appId,
    handle: row.handle,
    action: row.action,
    value: row.value,
    logType: row.logType,
    status: row.status,
    by: row.by,
    createdAt: wireTime(row.createdAt),
  };
}

/** Filters of a log: `all`, empty and absent mean no filter. */
export const logFilter = {
  type: z.enum(['app', 'user', 'all', '']).optional(),
  status: z.enum(['success', 'error', 'all', '']).optional(),
  fromDate: optionalDate,
  toDate: optionalDate,
  filterAction: z.string().max(4096).optional(),
};

/** What the store is asked for, of what the portal sent. */
export function activityFilter(input: z.infer<z.ZodObject<typeof logFilter>>): ActivityFilter {
  const { type, status, fromDate, toDate, filterAction } = input;
  const actions = (filterAction ?? '')
    .split(',')
    .map((action) => action.trim())
    .filter(Boolean);
  return {
    ...(type && type !== 'all' && { logType: type }),
    ...(status && status !== 'all' && { status }),
    ...(fromDate !== undefined && { from: fromDate }),
    ...(toDate !== undefined && { to: toDate }),
    ...(actions.length > 0 && !actions.includes('all') && { actions }),
  };
}
