import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { buildConfig, ConfigError } from '../../server/config/load.ts';
import { parseDateText } from '../../server/tools/date-text.ts';
import { makeDataDir } from '../support/host.ts';

describe('a date as text', () => {
  it('is read in every form that hosts, portals and people write', () => {
    const cases: Record<string, number> = {
      '2026-01-01': Date.UTC(2026, 0, 1),
      '2024-02-29': Date.UTC(2024, 1, 29),
      '2026-01-01T09:30': Date.UTC(2026, 0, 1, 9, 30),
      '2026-01-01 09:30:15': Date.UTC(2026, 0, 1, 9, 30, 15),
      '2026-01-01T09:30:15.250Z': Date.UTC(2026, 0, 1, 9, 30, 15, 250),
      '2026-01-01T09:30:15.123456Z': Date.UTC(2026, 0, 1, 9, 30, 15, 123),
      '2026-01-01T09:30:15+01:00': Date.UTC(2026, 0, 1, 8, 30, 15),
      '2026-01-01T09:30:15 01:00': Date.UTC(2026, 0, 1, 8, 30, 15),
      '2026-01-01T09:30:15-0530': Date.UTC(2026, 0, 1, 15, 0, 15),
      'Thu Jan 01 2026 09:00:00 GMT+0000 (Coordinated Universal Time)': Date.UTC(2026, 0, 1, 9),
      'Thu Jan 01 2026 09:00:00 GMT-0800 (Pacific Standard Time)': Date.UTC(2026, 0, 1, 17),
      'Thu Jan 01 2026': Date.UTC(2026, 0, 1),
      'Thu, 01 Jan 2026 09:00:00 GMT': Date.UTC(2026, 0, 1, 9),
    };
    for (const [text, time] of Object.entries(cases)) assert.equal(parseDateText(text), time, text);
  });

  it('is what JavaScript reads, for every form it writes', () => {
    for (const time of [0, 1, 951_782_400_000, 1_767_258_000_123, 253_402_300_799_999]) {
      const date = new Date(time);
      assert.equal(parseDateText(date.toISOString()), time);
      assert.equal(parseDateText(date.toUTCString()), Math.trunc(time / 1000) * 1000);
      assert.equal(parseDateText(date.toString()), Math.trunc(time / 1000) * 1000);
    }
  });

  it('is refused in the settings when there is no such day', () => {
    const { dataDir, settings } = makeDataDir();
    const until = (text: string) => () =>
      buildConfig({ ...settings, LEGACY_TOKENS_UNTIL: text }, { production: false });
    const named = (error: unknown) =>
      error instanceof ConfigError && error.problems.some(({ name }) => name === 'LEGACY_TOKENS_UNTIL');
    for (const text of ['2027-02-30', '2027-01-31T24:00:00Z', '2027-13-01'])
      assert.throws(until(text), named, text);
    assert.equal(until('2027-02-28')().legacyTokensUntil, Date.UTC(2027, 1, 28));
    rmSync(dataDir, { recursive: true });
  });

  it('is refused when there is no such day or time, and when it is no date', () => {
    for (const text of [
      '2027-02-30',
      '2026-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-04-31T10:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T10:60:00Z',
      '2026-01-01T10:00:60Z',
      '2026-01-01T10:00:00+24:00',
      'Mon Feb 30 2026 09:00:00 GMT+0000 (Coordinated Universal Time)',
      'Mon, 31 Apr 2026 09:00:00 GMT',
      'Mon, 01 Foo 2026 09:00:00 GMT',
      '0026-01-01',
      '12026-01-01',
      '2026-1-1',
      '01.02.2026',
      '02/03/2026',
      'yesterday 2026',
      '2026',
      '1767258000000',
      ' 2026-01-01',
      '2026-01-01\n',
      '',
    ]) {
      assert.equal(parseDateText(text), undefined, JSON.stringify(text));
    }
  });
});
