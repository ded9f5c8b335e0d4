import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

// What `npm test` runs: type check, lint and every test; or, with files as arguments, just those tests.
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
const FILE_LIMIT_MS = 7 * 60_000;
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
const outcome = await runTests(files);
report(outcome);

async function runTests(paths) {
  const seen = { passed: 0, failed: [], skipped: [] };
  const stream = run({ files: paths, concurrency: availableParallelism(), timeout: FILE_LIMIT_MS });
  stream.on('test:pass', (test) => {
    if (test.skip !== undefined) seen.skipped.push({ ...place(test), reason: test.skip });
    else if (test.details.type !== 'suite') seen.passed++;
  });
  stream.on('test:fail', (test) => {
    // A suite also fails with its tests, which speak for themselves.
    if (test.details.error.failureType !== 'subtestsFailed') seen.failed.push(place(test));
  });
  for await (const text of stream.compose(spec)) process.stdout.write(text);
  return seen;
}

function place({ name, file }) {
  return { name, file: file ? relative(PROJECT, file) : '' };
}

function report({ passed, failed, skipped }) {
  if (failed.length > 0) problems.push(`${failed.length} failed`);
  if (passed + failed.length + skipped.length === 0) problems.push('no test was found');
  if (skipped.length > 0 && process.env.CI === 'true')
    problems.push(`${skipped.length} skipped, which CI refuses`);

  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const lines = [
    `\n${passed} passed, ${failed.length} failed, ${skipped.length} skipped in ${files.length} files, ${seconds} s`,
  ];
  for (const { file, name } of failed) lines.push(`  FAILED   ${file}: ${name}`);
  for (const { file, name, reason } of skipped) {
    lines.push(`  SKIPPED  ${file}: ${name}${typeof reason === 'string' ? `: ${reason}` : ''}`);
  }
  lines.push(problems.length === 0 ? 'npm test: all good' : `npm test: ${problems.join('; ')}`);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
