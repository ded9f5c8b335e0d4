import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { LANGUAGES, type Language, Texts } from '../../portal/frame/texts.ts';
import { storageRepair } from '../../portal/storage-repair.ts';
import { shownWalk } from '../../portal/walk.ts';
import { repairOf } from '../../server/assets/storage-repairs.ts';

const HOST = new URL('../../server/assets/', import.meta.url);
const PLACE = {
  kind: 's3',
  bucket: 'files',
  region: 'eu-1',
  endpoint: undefined,
  keyId: 'k',
  secret: 's',
  publicBase: undefined,
} as const;
const STEPS = ['dns', 'tcp', 'tls', 'auth', 'put', 'head', 'get', 'delete'] as const;
const CAUSES = [
  ...(['absent', 'silent', 'refused', 'unreachable', 'no_tls', 'broken'] as const),
  ...(['certificate_name', 'certificate_chain', 'certificate_expired'] as const),
];

/** What the host answers to whatever it foresees. */
function sentences(): string[] {
  const source = readFileSync(new URL('storage-repairs.ts', HOST), 'utf8');
  const table = /BY_CODE[^{]*\{(.*?)\n\};/s.exec(source)?.[1] ?? '';
  const codes = [...table.matchAll(/^ {2}'?(\w+)'?:/gm)].map(([, code = '']) => code);
  assert.ok(codes.includes('NoSuchBucket') && codes.includes('301'));
  const all = STEPS.flatMap((step) =>
    CAUSES.flatMap((cause) => ['', '403', '404', ...codes].map((code) => repairOf(step, cause, code, PLACE))),
  );
  const folder = /^const REPAIR =\s*'(.*)';$/m.exec(readFileSync(new URL('uploads.ts', HOST), 'utf8'))?.[1];
  return [...new Set([...all, folder ?? '', "Set assetBucket, assetKeyId in the app's settings."])];
}

describe('what is to be done about a storage', () => {
  for (const language of Object.keys(LANGUAGES) as Language[]) {
    it(`is said in ${language}, every sentence of the host's`, () => {
      const texts = new Texts(language);
      const said = sentences().map((sentence) => [sentence, storageRepair(texts, sentence)] as const);
      for (const [sentence, shown] of said) {
        assert.doesNotMatch(shown, /\{|\}|\basset[A-Z]/, sentence);
        if (language !== 'EN') assert.notEqual(shown, sentence);
        for (const fact of sentence.match(/\b(?:files|eu-1|s3:\w+|[A-Z]+_[A-Z_]+(?:=true)?)\b/g) ?? [])
          assert.ok(shown.includes(fact), `${fact} in ${shown}`);
      }
      assert.equal(new Set(said.map(([, shown]) => shown)).size, said.length);
    });
  }

  it('has no text for what the host does not say', () => {
    const texts = new Texts('EN');
    const shown = sentences().map((sentence) => storageRepair(texts, sentence));
    assert.deepEqual(
      texts.names('storageRepair.').filter((name) => {
        const [begin = ''] = texts.text(name).split(/\{|“/);
        return !shown.some((text) => text.startsWith(begin));
      }),
      [],
    );
  });

  it('stands beside the step on the screen, in the language of whoever asked', () => {
    const repair = 'Renew the certificate of the storage.';
    const step = { step: 'put', ok: false, ms: 1, detail: 'x', repair } as const;
    const [shown] = shownWalk(new Texts('DE'), { ok: false, steps: [step] }).steps;
    assert.deepEqual(
      [shown?.step, shown?.repair],
      ['Schreiben', 'Erneuern Sie das Zertifikat des Speichers.'],
    );
  });

  it('stays as the host says it where that is not known', () => {
    assert.equal(storageRepair(new Texts('DE'), 'Turn it off and on.'), 'Turn it off and on.');
  });
});
