import { EVENT_LEVELS } from '../model/events.ts';
import type { Events } from '../ports/log/events.ts';
import type { Logger } from './logger.ts';
import { requestContext } from './request-context.ts';

/**
 * Security events as log lines; inside a request each gets its `requestId`, `route`, `appId` and `address`.
 */
export function createEvents(log: Logger): Events {
  return {
    emit(event, fields) {
      const request = requestContext.getStore();
      const where = request && {
        requestId: request.requestId,
        route: request.route,
        appId: request.appId,
        address: request.address,
      };
      const message = event === 'host_started' ? 'listening' : event;
      log[EVENT_LEVELS[event]]({ event, ...where, ...fields }, message);
    },
  };
}

/** What may be logged of a thrown value nobody expected: name, code and frames, never its message. */
export function errorFields(thrown: unknown): { name: string; code?: string; stack: string } {
  if (!(thrown instanceof Error)) return { name: typeof thrown, stack: '' };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
  // The stack begins with the message, which may look like a frame.
  const stack = (thrown.stack ?? '').replace(thrown.message, '');
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  return { name: thrown.name, code, stack: frames.slice(0, 8).join('\n') };
}
