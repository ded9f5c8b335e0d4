import assert from 'node:assert/strict';
import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { formOf } from '../../../client/host/form.ts';

const folder = mkdtempSync(join(tmpdir(), 'form-'));
after(() => rmSync(folder, { recursive: true }));

it('is read as a form by what the platform has for that', async () => {
  const file = new File([new Uint8Array([0, 13, 10, 255])], 'own', { type: 'application/zip' });
  const body = formOf([
    ['appName', 'Zoë "quoted"\r\n--form-'],
    ['file', file],
    ['two words', ''],
  ]);
  const form = await new Response(body).formData();
  assert.equal(form.get('appName'), 'Zoë "quoted"\r\n--form-');
  assert.equal(form.get('two%20words'), '');
  const read = form.get('file') as File;
  assert.deepEqual([read.name, read.type], ['file', 'application/zip']);
  assert.deepEqual(new Uint8Array(await read.arrayBuffer()), new Uint8Array([0, 13, 10, 255]));
});

it('reads no file before its bytes are asked for', async () => {
  const path = join(folder, 'large');
  writeFileSync(path, 'x'.repeat(1000));
  const body = formOf([['file', await openAsBlob(path)]]);
  assert.ok(body.size > 1000);
  rmSync(path);
  await assert.rejects(body.text(), { name: 'NotReadableError' });
});
