import { CliError, EXIT } from './exit.ts';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const FORM = /^(\d{1,6})([smhd])$/;

/** `90m`, `2h` or `7d` before `now` (epoch ms), or a time as it stands; as ISO text. Throws `CliError` 64. */
export function sinceText(text: string, now: number): string {
  const [, count, unit] = FORM.exec(text) ?? [];
  const at =
    count === undefined ? Date.parse(text) : now - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (Number.isNaN(at)) {
    throw new CliError(
      EXIT.usage,
      `${JSON.stringify(text)} is no time.`,
      'Examples: 90m, 2h, 7d, 2026-01-31T12:00Z.',
    );
  }
  return new Date(at).toISOString();
}
