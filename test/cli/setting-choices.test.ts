import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SETTING_CHOICES } from '../../client/host/setting-choices.ts';
import { SETTINGS } from '../../server/domain/apps/setting-table.ts';

it('the terminal names every value that the host takes for a setting of a few', () => {
  const taken = SETTINGS.flatMap(([name, { kind }]) => (kind.kind === 'choice' ? [[name, kind.of]] : []));
  assert.deepEqual({ ...SETTING_CHOICES }, Object.fromEntries(taken));
});
