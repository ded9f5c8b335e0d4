import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LAZY = new URL('../../server/store/mongodb/seldom-needed.ts', import.meta.url).href;

/** What a process of its own prints that loads the driver as the host does, and the tables it has loaded. */
function seenBy(script: string): unknown {
  const program = `
    import { createRequire } from 'node:module';
    const { loadLater } = await import(${JSON.stringify(LAZY)});
    loadLater();
    const { MongoClient } = await import('mongodb');
    const require = createRequire(import.meta.url);
    const tables = () => Object.keys(require.cache)
      .filter((path) => /tr46.lib.mappingTable|code-points-data/.test(path)).length;
    const seen = await (async () => { ${script} })();
    process.stdout.write(JSON.stringify([seen, tables()]));
  `;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT }).toString(),
  );
}

describe('the MongoDB driver', () => {
  it('is loaded without the tables that nearly no host uses', () => {
    const script = `return new MongoClient('mongodb://ada:secret@db.example.com/host').options.hosts[0].host;`;
    assert.deepEqual(seenBy(script), ['db.example.com', 0]);
  });

  it('prepares a password all the same, and maps a domain', () => {
    const [password, tables] = seenBy(`
      const from = createRequire(require.resolve('mongodb'));
      const strings = createRequire(from.resolve('mongodb-connection-string-url'));
      const { URL } = strings('whatwg-url');
      const { saslprep } = from('@mongodb-js/saslprep');
      return [saslprep('I\\u00ADX'), saslprep('\\u2168'), new URL('http://m\\u00fcller.example/').hostname];
    `) as [string[], number];
    assert.deepEqual(password, ['IX', 'IX', 'xn--mller-kva.example']);
    assert.ok(tables > 0);
  });
});
