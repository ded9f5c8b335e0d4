import type { EventFields, EventName } from '../../model/events.ts';

/**
 * Security events. Inside a request the adapter adds `requestId`, `route`, `appId` and `address` by itself.
 */
export interface Events {
  emit(event: EventName, fields?: EventFields): void;
}
