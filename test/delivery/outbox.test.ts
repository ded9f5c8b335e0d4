import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openOutbox } from '../../server/delivery/outbox.ts';
import { systemClock } from '../../server/security/clock.ts';
import { readOutbox } from '../support/outbox.ts';
import { aMail, anSms, CANARY, failureOf } from './message.ts';

const CLOCK = { ...systemClock, now: () => Date.UTC(2026, 10, 24) };
const PROCESSES = 4;
const EACH = 50;

// Run as a child of its own test: one of several processes that share an outbox.
if (argv[2] === 'write') {
  const outbox = openOutbox({ dataDir: String(argv[3]), clock: CLOCK, log: { info() {} } });
  const text = 'x'.repeat(5_000);
  await Promise.all(Array.from({ length: EACH }, () => outbox.deliver(aMail({ text }))));
} else describe('the outbox', suite);

function suite() {
  let dataDir: string;
  const logged: [Record<string, unknown>, string][] = [];
  let shown = '';
  const open = (isTTY: boolean, folder = dataDir) =>
    openOutbox({
      dataDir: folder,
      clock: CLOCK,
      log: { info: (fields, message) => void logged.push([fields, message]) },
      terminal: { isTTY, write: (text) => (shown += text) },
    });
  before(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'outbox-'));
  });
  after(() => rmSync(dataDir, { recursive: true }));

  it('writes one line per message with the fields of operator §3, readable by its owner only', async () => {
    const attachment = { filename: 'QRCode.png', contentType: 'image/png', content: 'AAEC' };
    await open(false).deliver(aMail({ replyTo: 'help@example.com', attachments: [attachment] }));
    await open(false).deliver(anSms({ text: 'Hi\nthere', code: undefined, link: 'https://x.example/' }));
    assert.equal(statSync(join(dataDir, 'outbox.jsonl')).mode & 0o777, 0o600);
    const [mail, sms] = readOutbox(dataDir);
    const { fromName, ...content } = aMail({ replyTo: 'help@example.com', attachments: [attachment] });
    assert.deepEqual(mail, { at: '2026-11-24T00:00:00.000Z', ...content });
    assert.deepEqual([sms?.channel, sms?.text, sms?.link], ['sms', 'Hi\nthere', 'https://x.example/']);
    assert(sms && !('html' in sms) && !('subject' in sms) && !('code' in sms));
  });

  it('logs channel and domain, never code, link, address or number', () => {
    const log = JSON.stringify(logged);
    assert.match(log, /"email".*example\.com/);
    assert.doesNotMatch(log, new RegExp(`${CANARY}|ada@|17012345678|x\\.example`));
  });

  it('shows code or link on a terminal only', async () => {
    assert.equal(shown, '');
    await open(true).deliver(aMail());
    assert.match(shown, new RegExp(`ada@example\\.com: ${CANARY}\n`));
    shown = '';
    await open(true).deliver(aMail({ code: undefined }));
    assert.equal(shown, '');
  });

  it('keeps lines whole when several processes write', async () => {
    const shared = join(dataDir, 'shared');
    mkdirSync(shared);
    const writers = Array.from({ length: PROCESSES }, () =>
      fork(fileURLToPath(import.meta.url), ['write', shared]),
    );
    const ends = await Promise.all(writers.map((writer) => once(writer, 'exit')));
    assert.deepEqual(
      ends.map(([code]) => code),
      Array(PROCESSES).fill(0),
    );
    assert.equal(readOutbox(shared).length, PROCESSES * EACH);
  });

  it('reports a file that cannot be written, without its path', async () => {
    const failure = await failureOf(open(false, join(dataDir, 'absent-folder')).deliver(aMail()));
    assert.deepEqual([failure?.provider, failure?.retryable], ['outbox', true]);
    assert.doesNotMatch(String(failure?.stack), /absent-folder/);
  });
}
