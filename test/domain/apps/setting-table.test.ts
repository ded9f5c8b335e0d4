import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SETTINGS } from '../../../server/domain/apps/setting-table.ts';
import { APP_TABLE } from '../../../server/domain/transfer/tables.ts';

describe('the table of portal settings', () => {
  it('keeps each setting in a field of its own', () => {
    const fields = SETTINGS.map(([, { field }]) => field);
    assert.deepEqual(fields, [...new Set(fields)]);
  });
  it('gives each value one name, second names included', () => {
    const names = SETTINGS.flatMap(([name, { alias }]) => (alias ? [name, alias] : [name]));
    assert.deepEqual(names, [...new Set(names)]);
  });
  it('has a column in exports for each setting, and none twice', () => {
    const columns = APP_TABLE.columns.map(({ name }) => name);
    assert.deepEqual(columns, [...new Set(columns)]);
    for (const [name] of SETTINGS) assert.ok(columns.includes(name), name);
  });
  it('hides in exports whatever it hides from the portal, but for the number that SMS come from', () => {
    const open = SETTINGS.filter(([, { masked, secret }]) => masked && !secret).map(([name]) => name);
    assert.deepEqual(open, ['TWILIOPhoneNumber']);
  });
});
