import type { Caller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { ActivityLog } from '../../ports/log/activity-log.ts';
import type { Route } from '../route.ts';
import { codeBody, failsBody } from './refused.ts';

/** Writes the row of contract §2.4 for the outcome of a route; nothing for routes without a `log` member. */
export function recordOutcome(
  activity: ActivityLog,
  outcome: { route: Route; caller: Caller; input: Record<string, unknown>; thrown?: unknown },
): void {
  const { route, caller, input, thrown } = outcome;
  if (!route.log) return;
  const handle = handleOf(caller, input);
  const appId = 'app' in caller ? caller.app.id : textOf(input.appId);
  const userId = textOf(input.userId)?.toLowerCase();
  const row: Parameters<ActivityLog['record']>[0] = {
    appId,
    handle,
    action: route.log.action,
    value:
      thrown === undefined ? (route.log.value?.(input) ?? success(route, handle)) : failure(route, thrown),
    logType: route.form === 'code' ? 'user' : 'app',
    status: thrown === undefined ? 'success' : 'error',
  };
  const isStrangers = thrown !== undefined && (caller.kind === 'app' || caller.kind === 'nobody');
  const isAbout = caller.kind === 'server' && handle === undefined;
  if (isStrangers) activity.recordFailure(row);
  else if (isAbout && appId !== undefined && userId !== undefined)
    activity.recordAbout({ ...row, appId }, userId);
  else activity.record(row);
}

function handleOf(caller: Caller, input: Record<string, unknown>): string | undefined {
  return caller.kind === 'user' ? caller.session.handle : textOf(input.handle);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 254) : undefined;
}

function success(route: Route, handle: string | undefined): string {
  return JSON.stringify(route.form === 'code' ? { handle, status: true } : { status: true });
}

function failure(route: Route, thrown: unknown): string {
  const { code, message, detail } = thrown instanceof HostError ? thrown : new HostError('internal');
  return route.form === 'code' ? codeBody({ code, message }) : failsBody(detail ?? message);
}
