import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Spread } from './measure.ts';

const FOLDER = fileURLToPath(new URL('../results/', import.meta.url));

/** One line of the table. */
export interface Figure {
  store: string;
  name: string;
  cores: number;
  perSecond: Spread;
  p50: number;
  p99: number;
  /** Answers other than 2xx, of all rounds. */
  errors: number;
  /** CPU of the host for one call, µs. */
  cpuMicros: number;
  rssMib: number;
  /** What the machine does without a host, per second. */
  limit: { name: string; perSecond: Spread };
  /** Median over the rounds of host ÷ limit, per second and per CPU second. */
  ratio: Spread;
  ratioByCpu: Spread;
  target?: number;
  /** Least share of its cores the host got in a round that counts. */
  share: number;
}
/** Something that is one number. */
export interface Fact {
  store: string;
  name: string;
  /** What it is called beside the other store, where its name holds figures. */
  kind?: string;
  value: number;
  unit: string;
  /** At most, unless `atLeast`. */
  target?: number;
  atLeast?: boolean;
}

const COLUMNS = [34, 5, 16, 11, 6, 9, 6, 32, 17, 6];

export function printHeader(store: string): void {
  print(`\n${store}`);
  printRow([
    'scenario',
    'cores',
    'per s (spread)',
    'p50/p99 ms',
    'errors',
    'CPU µs',
    'MiB',
    'limit per s',
    'ratio (by CPU)',
    'target',
  ]);
}

export function printFigure(figure: Figure): void {
  const { limit, ratio, ratioByCpu, target } = figure;
  printRow([
    figure.name,
    String(figure.cores),
    spreadText(figure.perSecond),
    `${Math.round(figure.p50)}/${Math.round(figure.p99)}`,
    String(figure.errors),
    figure.cpuMicros.toFixed(0),
    figure.rssMib.toFixed(0),
    `${limit.name} ${spreadText(limit.perSecond)}`,
    `${ratio.median.toFixed(2)} (${ratioByCpu.median.toFixed(2)})`,
    target === undefined ? '' : `${ratio.median >= target ? '✓' : '✗'} ${target}`,
  ]);
}

export function printFact({ name, value, unit, target, atLeast }: Fact): void {
  const holds = target !== undefined && (atLeast ? value >= target : value <= target);
  const verdict = target === undefined ? '' : `${holds ? '✓' : '✗'} ${target}`;
  print(`${name.padEnd(66)} ${shownValue(value, unit).padStart(18)}   ${verdict}`);
}

function shownValue(value: number, unit: string): string {
  return `${value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en')} ${unit}`;
}

/** Everything that has a limit, once, with a column for each store. */
export function printTargets({
  figures,
  facts,
}: {
  figures: readonly Figure[];
  facts: readonly Fact[];
}): void {
  const lines = new Map<string, { limits: Set<string>; cells: Map<string, string> }>();
  const add = (
    name: string,
    store: string,
    shown: string,
    bound: { target: number; atLeast: boolean },
    value: number,
  ) => {
    const line = lines.get(name) ?? { limits: new Set(), cells: new Map() };
    const holds = bound.atLeast ? value >= bound.target : value <= bound.target;
    lines.set(name, line);
    line.limits.add(`${bound.atLeast ? '≥' : '≤'} ${bound.target}`);
    line.cells.set(store, `${holds ? '✓' : '✗'} ${shown}`);
  };
  for (const { name, cores, limit, store, ratio, ratioByCpu, target } of figures) {
    if (target === undefined) continue;
    const shown = `${ratio.median.toFixed(2)} (${ratioByCpu.median.toFixed(2)})`;
    add(`${name} ÷ ${limit.name}, ${cores} core(s)`, store, shown, { target, atLeast: true }, ratio.median);
  }
  for (const { name, kind = name, store, value, unit, target, atLeast = false } of facts) {
    if (target !== undefined) add(kind.trim(), store, shownValue(value, unit), { target, atLeast }, value);
  }
  const stores = [...new Set([...figures, ...facts].map(({ store }) => store))];
  print(
    `\n${'targets'.padEnd(64)} ${'limit'.padStart(14)} ${stores.map((store) => store.padStart(18)).join(' ')}`,
  );
  for (const [name, { limits, cells }] of lines) {
    const shown = stores.map((store) => (cells.get(store) ?? '–').padStart(18));
    print(`${name.padEnd(64)} ${[...limits].join(' · ').padStart(14)} ${shown.join(' ')}`);
  }
}

/** Writes everything as JSON under `test/results`; answers the file. */
export function writeResults(results: { figures: Figure[]; facts: Fact[] }): string {
  mkdirSync(FOLDER, { recursive: true });
  const at = new Date().toISOString();
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
  };
  const file = `${FOLDER}bench-${at.replaceAll(/[:.]/g, '-')}.json`;
  writeFileSync(file, JSON.stringify({ at, machine, ...results }, undefined, 2));
  return file;
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printRow(cells: readonly string[]): void {
  print(cells.map((cell, n) => (n === 0 ? cell.padEnd(34) : cell.padStart(COLUMNS[n] ?? 0))).join('  '));
}

/** Median, and half the distance between least and most in percent of it. */
function spreadText({ median, least, most }: Spread): string {
  const half = median > 0 ? ((most - least) / 2 / median) * 100 : 0;
  return `${Math.round(median).toLocaleString('en')} ±${half.toFixed(0)}%`;
}
