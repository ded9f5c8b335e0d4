import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

// What `npm test` runs: type check, lint and every test; or, with files as arguments, just those tests.
// It shows how far it is and ends with what failed and what was skipped; all it saw is in LOG.
// One or two files that fail beside all others get a second turn alone, where the machine is theirs; one that
// passes then is named as unsteady: its next reader should find out what it waits for.
// With CI=true a skipped test is a failure.

const NEEDED = 24;
if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `The tests need Node ${NEEDED} or newer; this is ${process.version}. Use npm test: npm ci has installed a Node that npm takes first.\n`,
  );
  process.exit(78);
}
const { run } = await import('node:test');
const { spec } = await import('node:test/reporters');

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const LOG = 'test/results/last-run.log';
const FILE_LIMIT_MS = 7 * 60_000;
const REDRAW_MS = 500;
const LINE_MS = 30_000;
const ERROR_LINES = 40;
const MAX_SECOND_TURNS = 2;
const startedAt = performance.now();
process.chdir(PROJECT);

const named = process.argv.slice(2);
const problems = [];
if (named.length === 0) {
  // npm itself is a script of its own Node; inside `npm test` it says where it is.
  const npm = process.env.npm_execpath;
  const check = ['run', '--silent', 'check'];
  const options = { stdio: 'inherit' };
  const { status } = npm
    ? spawnSync(process.execPath, [npm, ...check], options)
    : spawnSync('npm', check, options);
  if (status !== 0) problems.push('type check or lint failed (npm run check)');
}

const everyTest = () => fs.globSync('test/**/*.test.ts');
const files = (named.length > 0 ? named : everyTest()).sort();
const outcome = await runTests(files, { log: LOG, concurrency: availableParallelism() });
const failing = new Set(outcome.failed.map(({ file }) => file));
if (named.length === 0 && failing.size <= MAX_SECOND_TURNS) {
  for (const file of failing) await giveSecondTurn(file, outcome);
}
report(outcome);

/** Puts what `file` does alone in the place of what it did beside the others. */
async function giveSecondTurn(file, first) {
  const log = `${LOG.slice(0, -'.log'.length)}-${basename(file, '.test.ts')}.log`;
  const second = await runTests([file], { log, concurrency: 1 });
  if (second.failed.length > 0) return;
  first.unsteady.push(...first.failed.filter((test) => test.file === file));
  first.failed = first.failed.filter((test) => test.file !== file);
  first.passed += first.unsteady.filter((test) => test.file === file).length;
  first.skipped.push(...second.skipped.filter((test) => !first.skipped.some((other) => isSame(test, other))));
}

function isSame(a, b) {
  return a.file === b.file && a.name === b.name;
}

async function runTests(paths, { log: logPath, concurrency }) {
  const seen = { passed: 0, failed: [], skipped: [], unsteady: [] };
  const done = new Set();
  /** What a file wrote to stderr: all there is to know of one that ends before its tests do. */
  const written = new Map();
  const stream = run({ files: paths, concurrency, timeout: FILE_LIMIT_MS });
  stream.on('test:summary', ({ file }) => file && done.add(file));
  stream.on('test:stderr', ({ file, message }) => written.set(file, (written.get(file) ?? '') + message));
  stream.on('test:pass', (test) => {
    if (test.skip !== undefined) seen.skipped.push({ ...place(test), reason: test.skip });
    else if (test.details.type !== 'suite') seen.passed++;
  });
  stream.on('test:fail', (test) => {
    // A suite also fails with its tests, which speak for themselves.
    const { error } = test.details;
    if (error.failureType === 'subtestsFailed') return;
    const why = [inspect(error.cause ?? error)];
    if (paths.includes(test.name)) {
      done.add(test.file);
      why.push(...(written.get(test.name) ?? '').split('\n').slice(1 - ERROR_LINES));
    }
    seen.failed.push({ ...place(test), error: why.join('\n') });
  });
  const hide = showProgress(
    () =>
      `${done.size} of ${paths.length} files, ${seen.passed} passed, ${seen.failed.length} failed, ${time()}`,
  );
  fs.mkdirSync('test/results', { recursive: true });
  const log = fs.createWriteStream(logPath);
  await pipeline(stream.compose(spec), log);
  hide();
  return seen;
}

/** One line that is drawn again and again on a terminal, now and then a line elsewhere; ends when called. */
function showProgress(line) {
  const { stdout } = process;
  if (!stdout.isTTY) {
    const timer = setInterval(() => stdout.write(`${line()}\n`), LINE_MS);
    return () => clearInterval(timer);
  }
  const draw = () => stdout.write(`\r\x1b[K${line().slice(0, stdout.columns - 1)}`);
  draw();
  const timer = setInterval(draw, REDRAW_MS);
  return () => {
    clearInterval(timer);
    stdout.write('\r\x1b[K');
  };
}

function time() {
  return `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
}

function place({ name, file }) {
  return { name, file: file ? relative(PROJECT, file) : '' };
}

function firstLines(text) {
  const lines = text.trimEnd().split('\n');
  const more = lines.length - ERROR_LINES;
  return more > 0 ? [...lines.slice(0, ERROR_LINES), `... ${more} more lines in ${LOG}`] : lines;
}

function report({ passed, failed, skipped, unsteady }) {
  if (failed.length > 0) problems.push(`${failed.length} failed`);
  if (passed + failed.length + skipped.length === 0) problems.push('no test was found');
  if (skipped.length > 0 && process.env.CI === 'true')
    problems.push(`${skipped.length} skipped, which CI refuses`);

  const lines = [];
  const unsteadyToo = unsteady.length > 0 ? `, ${unsteady.length} unsteady` : '';
  for (const { file, name, error } of unsteady) {
    const failedFirst = `  UNSTEADY ${file}: ${name}: failed beside the others, passed alone`;
    lines.push(failedFirst, ...firstLines(error).map((line) => `    ${line}`));
  }
  for (const { file, name, error } of failed) {
    lines.push(`  FAILED   ${file}: ${name}`, ...firstLines(error).map((line) => `    ${line}`));
  }
  for (const { file, name, reason } of skipped) {
    lines.push(`  SKIPPED  ${file}: ${name}${typeof reason === 'string' ? `: ${reason}` : ''}`);
  }
  lines.push(
    `${passed} passed, ${failed.length} failed, ${skipped.length} skipped${unsteadyToo} in ${files.length} files, ${time()}; all of it: ${LOG}`,
    problems.length === 0 ? 'npm test: all good' : `npm test: ${problems.join('; ')}`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
