import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { COMMANDS, NOUNS } from '../../cli/commands/index.ts';
import { GLOBAL_OPTIONS } from '../../cli/global-options.ts';
import { COSYNC_START } from '../support/cosync-process.ts';

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

describe('the help of the command line', () => {
  it('has an example for every command, with options that there are', () => {
    for (const { name, example, options = [] } of COMMANDS) {
      assert.ok(example.startsWith(name), `${name}: ${example}`);
      const known = [...options, ...GLOBAL_OPTIONS].flatMap(([flags]) => flags.match(/-{1,2}[\w-]+/g) ?? []);
      const [words = ''] = example.split(/ [<>|]+ /);
      for (const [, flag = ''] of words
        .replaceAll(/"[^"]*"|'[^']*'/g, '')
        .matchAll(/ (-{1,2}[a-zA-Z][\w-]*)/g)) {
        assert.ok(known.includes(flag), `${name}: ${flag}`);
      }
    }
  });

  it('says something of every group', () => {
    const groups = new Set(
      COMMANDS.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0] ?? ''] : [])),
    );
    assert.deepEqual([...groups].sort(), Object.keys(NOUNS).sort());
  });

  it('is the same list as that of the page', () => {
    const rows = [...page.matchAll(/^\| (`[^|]*(?:\\\|[^|]*)*) \|/gm)].map(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words.toLowerCase().split(' ')),
    );
    const written = rows.flatMap(([first = [], ...others]) => {
      const [noun = '', verb] = first;
      if (!Object.hasOwn(NOUNS, noun)) return [noun, ...others.map(([word = '']) => word)];
      return [`${noun} ${verb}`, ...others.map(([word = '']) => `${noun} ${word}`)];
    });
    assert.deepEqual(written.toSorted(), COMMANDS.map(({ name }) => name).toSorted());
  });
});

describe('completion in bash', () => {
  const skip = spawnSync('bash', ['--version']).error ? 'bash is not installed' : false;
  it('quotes names, which can hold what a shell would run', { skip }, () => {
    const script = `
      cosync() { printf '%s\\n' 'sh $(id)' shop; }
      source <("$1" "$2" completion bash)
      COMP_WORDS=(cosync --app s) COMP_CWORD=2
      _cosync
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync('bash', ['-c', script, 'bash', process.execPath, COSYNC_START], {
      encoding: 'utf8',
    });
    assert.equal(stdout, 'sh\\ \\$\\(id\\)\nshop\n');
  });
});
