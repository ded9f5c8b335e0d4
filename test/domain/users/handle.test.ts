import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isEmail, loginName, parseHandle, parseUserName } from '../../../server/domain/users/handle.ts';
import { isHostError } from '../../../server/model/errors.ts';
import { anApp } from '../../support/records.ts';

const app = anApp();
const phoneApp = anApp({ handleType: 'phone' });
const invalid = (error: unknown) => isHostError(error, 'invalid_data');

describe('handle', () => {
  const accepted: [typed: string, handle: string][] = [
    ['  Ada@Example.COM ', 'ada@example.com'],
    ['ada+news@example.com', 'ada+news@example.com'],
    // Swift's plus, after a form decoder.
    ['ada news@example.com', 'ada+news@example.com'],
    ["o'hara&#{x}|~`@example.co.uk", "o'hara&#{x}|~`@example.co.uk"],
    // One mailbox, one handle: the domain as the mailer writes it.
    ['jürgen@müller.example', 'jürgen@xn--mller-kva.example'],
    ['jürgen@xn--mller-kva.example', 'jürgen@xn--mller-kva.example'],
    ['ada@ｅxample.com', 'ada@example.com'],
    ['ada@EXAMPLE.Ⅽom', 'ada@example.com'],
    ['ada@straße.example', 'ada@xn--strae-oqa.example'],
    ['ada@ex_ample.com', 'ada@ex_ample.com'],
    // One spelling of a letter, composed or not: keyboards differ.
    ['ju\u0308rgen@mu\u0308ller.example', 'jürgen@xn--mller-kva.example'],
    [`${'a'.repeat(242)}@example.com`, `${'a'.repeat(242)}@example.com`],
  ];
  for (const [typed, handle] of accepted) {
    it(`takes ${JSON.stringify(typed.slice(0, 40))} as an e-mail address`, () => {
      assert.equal(parseHandle(app, typed), handle);
      assert.equal(loginName(app, typed), handle, 'and finds it again at log-in');
    });
  }

  const refused = [
    'ada',
    'ada@example',
    'ada@@example.com',
    'a@b@example.com',
    '@example.com',
    'ada@.com',
    'ada@example.',
    'ada@exa mple.com',
    'a,b@example.com',
    'a;b@example.com',
    'ada\n@example.com',
    'ada\u0000@example.com',
    'ada\ud800@example.com',
    'ada\ufffd@example.com',
    // Invisible, or turning the text around: a handle that looks like somebody else's.
    'ada\u200b@example.com',
    '\u202eada@example.com',
    `${'a'.repeat(243)}@example.com`,
    'ada@[127.0.0.1]',
    // No names of machines but numbers of them, in every way to write those.
    ...['ada@127.0.0.1', 'ada@127.1', 'ada@0x7f.1', 'ada@①27.0.0.1', 'ada@example.123'],
    // What Node's function makes another domain of.
    ...[
      'ada@a/b.com',
      'ada@a%2fb.com',
      'ada@a?b.com',
      'ada@a#b.com',
      'ada@example.com:25',
      'ada@exam\u00adple.com',
    ],
    // What no mailer takes as a recipient.
    ...[
      'mailto:ada@example.com',
      'a<b@example.com',
      '<ada@example.com>',
      'ada>@example.com',
      '"ada"@example.com',
    ],
    ...['a:b@example.com', 'a[b@example.com', 'a\\b@example.com', 'a(b)@example.com', 'ada@example.com>'],
    '+15551234567',
    '',
  ];
  for (const typed of refused) {
    it(`refuses ${JSON.stringify(typed.slice(0, 40))}`, () => {
      assert.throws(() => parseHandle(app, typed), invalid);
    });
  }

  const phones: [typed: string, handle: string][] = [
    ['+15551234567', '+15551234567'],
    [' 15551234567', '+15551234567'],
    ['+1 (555) 123-45.67', '+15551234567'],
    ['+44 (0)20 7946 0018', '+442079460018'],
    ['+12345678', '+12345678'],
    // As pages, address books and input methods write them.
    ['+49‑170‑1234567', '+491701234567'],
    ['+49\u00a0170\u2009123\u202f4567', '+491701234567'],
    ['\u202a+49 170 1234567\u202c', '+491701234567'],
    ['+49–170—123−4567', '+491701234567'],
    ['＋４９（１７０）１２３－４５６７', '+491701234567'],
    ['+٤٩ ١٧٠ ١٢٣٤٥٦٧', '+491701234567'],
    ['+४९१७०१२३४५६७', '+491701234567'],
    ['+49 170/1234567', '+491701234567'],
  ];
  for (const [typed, handle] of phones) {
    it(`takes ${JSON.stringify(typed)} as a number in a phone app`, () => {
      assert.equal(parseHandle(phoneApp, typed), handle);
      assert.equal(loginName(phoneApp, typed), handle);
    });
  }
  for (const typed of ['+1234567', '+1234567890123456', '+1555abc4567', 'ada@example.com', '++15551234567']) {
    it(`refuses ${JSON.stringify(typed)} in a phone app`, () => {
      assert.throws(() => parseHandle(phoneApp, typed), invalid);
    });
  }

  it('reads a number the same again, however many zeros somebody puts before it', () => {
    // One of each plan that takes zeros away, with as many as E.164 has room for.
    for (const number of [
      '49171555010',
      '375291234567',
      '31612345678',
      '972502345678',
      '9592123456',
      '27711234567',
    ]) {
      const country = /^(49|375|31|972|95|27)/.exec(number)?.[0] ?? '';
      for (let zeros = 0; country.length + zeros + number.slice(country.length).length <= 15; zeros++) {
        const typed = `+${country}${'0'.repeat(zeros)}${number.slice(country.length)}`;
        const handle = parseHandle(phoneApp, typed);
        assert.equal(handle, `+${number}`, typed);
        assert.equal(parseHandle(phoneApp, handle), handle);
      }
    }
    assert.throws(
      () => parseHandle(phoneApp, '+49024271'),
      invalid,
      'too short for a number without its zero',
    );
  });

  it('leaves a user name typed in a phone app alone', () => {
    assert.equal(loginName(phoneApp, ' Ada1 '), 'ada1');
  });

  it('takes user names of 3 to 32 letters and digits, a letter first', () => {
    assert.equal(parseUserName(' AdaL1 '), 'adal1');
    for (const typed of ['ab', '1ab', 'a_b', 'ada@example.com', 'a'.repeat(33), 'a b', 'ådå', '']) {
      assert.throws(() => parseUserName(typed), invalid, typed);
    }
    assert.equal(parseUserName('a'.repeat(32)), 'a'.repeat(32));
  });

  it('knows mail addresses from numbers and anonymous ids', () => {
    assert.deepEqual(['a@b.co', '+15551234567', 'ANON_1@x.co'].map(isEmail), [true, false, false]);
  });
});
