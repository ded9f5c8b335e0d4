import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { repairPath, splitTarget } from '../../../server/http/frame/path.ts';

describe('path repair', () => {
  const cases: [string, string, string][] = [
    ['collapses slashes', '//api///appuser//login', '/api/appuser/login'],
    ['takes one trailing slash away', '/api/appuser/login/', '/api/appuser/login'],
    ['leaves the root alone', '/', '/'],
    ['makes the root of slashes', '///', '/'],
    ['decodes needless escapes', '/%61pi/app%75ser/log%69n%2D%7E', '/api/appuser/login-~'],
    ['keeps escaped slashes, dots stay letters', '/api%2Fappuser/%2e%2E', '/api%2Fappuser/..'],
    ['keeps broken escapes', '/api/%zz/%', '/api/%zz/%'],
    ['decodes once only', '/%2561pi', '/%2561pi'],
    ['keeps the case of path parts', '/API/app/AbC', '/API/app/AbC'],
  ];
  for (const [promise, given, expected] of cases) {
    it(promise, () => assert.equal(repairPath(given), expected));
  }

  it('splits at the first question mark', () => {
    assert.deepEqual(splitTarget('/a?b=c?d'), { path: '/a', query: 'b=c?d' });
    assert.deepEqual(splitTarget('/a'), { path: '/a', query: '' });
  });

  it('reduces the absolute form to its path', () => {
    assert.deepEqual(splitTarget('http://host:1/a?b'), { path: '/a', query: 'b' });
    assert.deepEqual(splitTarget('*'), { path: '*', query: '' });
  });
});
