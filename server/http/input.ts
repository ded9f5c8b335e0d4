import type { Events } from '../ports/log.ts';
import { Refused } from './refused.ts';
import type { Endpoint } from './router.ts';

/** What a request brought, before it is looked at. */
export interface RawInput {
  values: Record<string, unknown>;
  /** A parameter that came more than once. */
  repeated: string | undefined;
}

/**
 * Checks presence first, then types (contract §3): a missing, null or empty member that the route needs refuses as `missing`, anything that
 * does not match the schema as `malformed`. Unknown members are dropped.
 */
export function checkInput(endpoint: Endpoint, raw: RawInput, events: Events): Record<string, unknown> {
  const { route, required } = endpoint;
  if (!route.input) return {};
  const { values } = raw;
  for (const name of required) {
    if (isAbsent(values, name) || values[name] === '') throw new Refused(route.refuse.missing);
  }
  if (raw.repeated !== undefined) throw malformed(raw.repeated, 'repeated');
  // Clients write null for what they leave out.
  const present = Object.entries(values).filter(([, value]) => value !== null);
  const checked = route.input.safeParse(Object.fromEntries(present));
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  throw malformed(String(issue?.path[0] ?? ''), issue?.code ?? 'invalid');

  function malformed(field: string, reason: string): Refused {
    // Only names of the declaration are logged: others are the client's own text.
    events.emit('input_refused', { field: endpoint.names.has(field) ? field : 'other', reason });
    return new Refused(route.refuse.malformed);
  }
}

function isAbsent(values: Record<string, unknown>, name: string): boolean {
  return !Object.hasOwn(values, name) || values[name] === null || values[name] === undefined;
}
