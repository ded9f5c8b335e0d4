/** What a rule says of a token. `unknown`: nobody told what it takes to judge. */
export interface Finding {
  ok: boolean | 'unknown';
  /** What was seen. */
  detail: string;
  /** What to do about it, one sentence. */
  repair?: string;
}
/** A finding with the name of its rule, as it is answered. */
export interface RuleFinding extends Finding {
  rule: string;
}

const SHOWN = 120;

export function holds(detail: string): Finding {
  return { ok: true, detail };
}
export function fails(detail: string, repair: string): Finding {
  return { ok: false, detail, repair };
}
export function untold(detail: string, repair?: string): Finding {
  return { ok: 'unknown', detail, ...(repair !== undefined && { repair }) };
}

/** A value of a token as a detail quotes it. */
export function quoted(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** A time of a token as a detail tells it. */
export function timeOf(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? String(seconds) : time.toISOString();
}
