import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requireCompleteMetadata, subjectOf, userClaims } from '../../../server/domain/tokens/claims.ts';
import type { App, MetadataField } from '../../../server/model/app.ts';
import type { Config } from '../../../server/model/config.ts';
import { HostError } from '../../../server/model/errors.ts';
import type { User } from '../../../server/model/user.ts';
import type { Codes } from '../../../server/ports/security/codes.ts';
import { anApp, aUser } from '../../support/records.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const ISSUED = NOW / 1000;
const deps = {
  config: { apiUrl: 'https://auth.example.com' } as Config,
  codes: { newId: () => 'j'.repeat(32) } as Codes,
};
const field = (path: string, fieldName: string, required = false): MetadataField => ({
  id: path,
  path,
  fieldName,
  required,
  canEdit: true,
});
const claimsOf = (app: App, user: User) => userClaims(deps, { app, user, now: NOW, authTime: NOW - 5000 });
const app = (overrides: Partial<App> = {}) =>
  anApp({ metaDataEmail: true, userIdFormat: 'raw', ...overrides });
const hostClaims = (of: App) => ({
  iss: `https://auth.example.com/apps/${of.id}`,
  aud: 'none',
  iat: ISSUED,
  nbf: ISSUED,
  exp: ISSUED + 24 * 3600,
  jti: 'j'.repeat(32),
  auth_time: ISSUED - 5,
});

describe('claims of a user JWT', () => {
  it('are the example of the contract for a plain user', () => {
    const plain = app();
    const user = aUser({ handle: 'a@b.co', metaData: {}, userName: undefined });
    assert.deepEqual(claimsOf(plain, user), { ...hostClaims(plain), sub: 'a@b.co', email: 'a@b.co' });
  });

  it('put the handle at the path of a field called email, and nowhere else', () => {
    const fields = [field('user_data.name.first', 'first'), field('user_data.email', 'email')];
    const mapped = app({ metaData: fields });
    const user = aUser({
      handle: 'm@b.co',
      metaData: { user_data: { name: { first: 'Bob' }, email: 'other@b.co' }, email: 'spoofed@b.co' },
      userName: undefined,
    });
    assert.deepEqual(claimsOf(mapped, user), {
      ...hostClaims(mapped),
      sub: 'm@b.co',
      user_data: { name: { first: 'Bob' }, email: 'm@b.co' },
    });
    assert.equal(
      (user.metaData.user_data as { email: string }).email,
      'other@b.co',
      'the record is not changed',
    );
  });

  it('show ANON_<field> for an anonymous user, whatever is stored', () => {
    const fields = [field('user_data.name.first', 'first', true), field('user_data.email', 'email')];
    const mapped = app({ metaData: fields });
    const user = aUser({
      handle: 'ANON_1',
      metaData: { user_data: { name: { first: 'real' } } },
      userName: undefined,
    });
    assert.deepEqual(claimsOf(mapped, user), {
      ...hostClaims(mapped),
      sub: 'ANON_1',
      user_data: { name: { first: 'ANON_first' }, email: 'ANON_email' },
    });
  });

  it('come from the host where they are reserved, whatever the metadata say', () => {
    const reserved = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'auth_time', 'superUser', 'email'];
    const evil = Object.fromEntries(reserved.map((name) => [name, 'evil']));
    const plain = app();
    const claims = claimsOf(
      plain,
      aUser({ handle: 'a@b.co', metaData: { ...evil, role: 'x' }, userName: undefined }),
    );
    assert.deepEqual(claims, { ...hostClaims(plain), sub: 'a@b.co', email: 'a@b.co', role: 'x' });
  });

  it('never carry an address of the metadata as email', () => {
    const claims = claimsOf(app({ metaDataEmail: false }), aUser({ metaData: { email: 'spoofed@b.co' } }));
    assert.equal(claims.email, undefined);
    const phone = app({ handleType: 'phone', metaData: [field('email', 'email')] });
    const spoofed = aUser({ handle: '+15551234567', metaData: { email: 'spoofed@b.co' } });
    assert.equal(claimsOf(phone, spoofed).email, undefined);
  });

  it('carry portal-made metadata outside the configured fields, and the user name while the app has them', () => {
    const user = aUser({ metaData: { role: 'admin', userName: 'spoofed' }, userName: 'ada' });
    const on = claimsOf(app({ userNamesEnabled: true }), user);
    assert.deepEqual([on.role, on.userName], ['admin', 'ada']);
    assert.notEqual(claimsOf(app({ userNamesEnabled: false }), user).userName, 'ada');
  });

  it('say the audience: the list, else the realm app, else none', () => {
    const user = aUser();
    assert.deepEqual(claimsOf(app({ userJwtAudience: ['x', 'y'], realmAppId: 'r' }), user).aud, ['x', 'y']);
    assert.equal(claimsOf(app({ realmAppId: 'r' }), user).aud, 'r');
    assert.equal(claimsOf(app(), user).aud, 'none');
  });

  it('live an hour when the app says 0', () => {
    assert.equal(claimsOf(app({ userJwtExpirationHours: 0 }), aUser()).exp, ISSUED + 3600);
  });

  it('name the user in the format of the app', () => {
    const ada = { uid: 'u'.repeat(32), handle: 'ada@example.com' };
    const guest = { uid: 'v'.repeat(32), handle: 'ANON_7' };
    const formats = (['uid', 'handle', 'raw'] as const).map((userIdFormat) => anApp({ userIdFormat }));
    assert.deepEqual(
      formats.map((of) => subjectOf(of, ada)),
      [ada.uid, 'ada_example.com', ada.handle],
    );
    assert.deepEqual(
      formats.map((of) => subjectOf(of, guest)),
      [guest.uid, guest.uid, guest.handle],
    );
  });

  it('are refused while a required field is empty, except where the JWT fills it in', () => {
    const fields = [field('user_data.email', 'email', true), field('user_data.name', 'name', true)];
    const strict = app({ metaData: fields });
    const complete = (handle: string, name?: string) =>
      requireCompleteMetadata(
        strict,
        handle,
        name === undefined ? {} : { user_data: { name } },
        'invalid_data',
      );
    complete('a@b.co', 'Ada');
    complete('ANON_1');
    for (const name of [undefined, '']) {
      assert.throws(
        () => complete('a@b.co', name),
        (error) => error instanceof HostError && error.code === 602,
      );
    }
  });
});
