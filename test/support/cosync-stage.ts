import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type CosyncOutcome, emptyPlace, runCosync } from './cosync-process.ts';
import type { TestHost } from './host.ts';

/** A command that shall do, and what is then on stdout; or one that shall not, and why. */
export interface CosyncRow {
  args: string[];
  input?: string;
  code?: number;
  out?: RegExp;
  err?: RegExp;
  /** Of the JSON on stdout. */
  json?: (value: Record<string, unknown>) => void;
}

/** A folder of its own for `cosync`, which speaks to `host` by its environment, on pipes. */
export function cosyncStage(host: () => TestHost) {
  const { folder, env: bare } = emptyPlace();
  const env: Record<string, string | undefined> = { ...bare };
  before(() => {
    Object.assign(env, { COSYNC_URL: host().url, COSYNC_SECRET: host().serverSecret });
    mkdirSync(join(folder, 'work'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const run = (args: readonly string[], input?: string): Promise<CosyncOutcome> =>
    runCosync(args, { cwd: join(folder, 'work'), env, input });

  async function check({ args, input, code = 0, out, err, json }: CosyncRow): Promise<CosyncOutcome> {
    const outcome = await run(args, input);
    const told = `cosync ${args.join(' ')}\n${outcome.stdout}\n${outcome.stderr}`;
    assert.equal(outcome.code, code, told);
    if (out) assert.match(outcome.stdout, out, told);
    if (err) assert.match(outcome.stderr, err, told);
    if (code === 0) assert.doesNotMatch(outcome.stderr, /cosync:/, told);
    assert.doesNotMatch(outcome.stderr, /\n {4}at /, told);
    assert.equal(stripVTControlCharacters(outcome.stdout + outcome.stderr), outcome.stdout + outcome.stderr);
    json?.(JSON.parse(outcome.stdout));
    return outcome;
  }
  /** One after another: they build on each other. */
  const story = (name: string, rows: () => readonly CosyncRow[]) =>
    it(name, async () => {
      for (const row of rows()) await check(row);
    });
  /** At once: they change nothing. */
  const table = (name: string, rows: () => readonly CosyncRow[]) =>
    it(name, async () => {
      await Promise.all(rows().map(check));
    });

  return { folder, bare, env, run, check, story, table };
}
