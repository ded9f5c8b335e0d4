import type { Because, Reason } from '../../model/errors.ts';
import type { Events } from '../../ports/log/events.ts';
import { blame, isWellFormed } from './reason.ts';
import { Refused } from './refused.ts';
import type { Endpoint } from './router.ts';
import { hashTyped } from './typed-text.ts';

/** What a request brought, before it is looked at. */
export interface RawInput {
  values: Record<string, unknown>;
  /** A parameter that came more than once. */
  repeated: string | undefined;
}

/**
 * Checks presence first, then types (contract §3): a missing, null or empty member that the route needs
 * refuses as `missing`, anything that does not match the schema, is no well-formed Unicode or came twice as
 * `malformed`. Unknown members are dropped. Where a password came as typed, its MD5 is added.
 */
export function checkInput(endpoint: Endpoint, raw: RawInput, events: Events): Record<string, unknown> {
  const { route, required, typed, names } = endpoint;
  if (!route.input) return {};
  const { values, repeated } = raw;
  for (const { name: field, orElse } of required) {
    if ([field, ...orElse].every((name) => isAbsent(values, name) || values[name] === '')) {
      throw new Refused(route.refuse.missing, { because: { reason: 'missing', field } });
    }
  }
  if (repeated !== undefined) throw malformed('wrong_type', repeated);
  const unknown = route.strict && Object.keys(values).find((name) => !names.has(name));
  if (typeof unknown === 'string') throw malformed('unknown_value', unknown);
  // Clients write null for what they leave out.
  const present = Object.entries(values).filter(([name, value]) => value !== null && names.has(name));
  const broken = present.find(([, value]) => !isWellFormed(value));
  if (broken) throw malformed('wrong_type', broken[0]);
  const sent = Object.fromEntries(present);
  const { made, wrong } = hashTyped(typed, sent);
  if (wrong) throw malformed(wrong.reason, wrong.field);
  const checked = route.input.safeParse(sent);
  if (checked.success) return checked.data;
  const { reason, field } = blame(checked.error.issues, sent);
  throw malformed(reason, made.get(field) ?? field);

  function malformed(reason: Reason, field: string): Refused {
    // Only names of the declaration are logged: others are the client's own text.
    const isTold = names.has(field) || (route.strict && /^\w{1,64}$/.test(field));
    const because: Because = isTold ? { reason, field } : { reason };
    events.emit('input_refused', { field: names.has(field) ? field : 'other', reason });
    // A path that is none says nothing of what is wrong with it.
    return new Refused(route.refuse.malformed, route.refuse.malformed === 'not_found' ? {} : { because });
  }
}

function isAbsent(values: Record<string, unknown>, name: string): boolean {
  return !Object.hasOwn(values, name) || values[name] === null || values[name] === undefined;
}
