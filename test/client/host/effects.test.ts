import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DangerousAction, effectOf } from '../../../client/host/index.ts';
import { LANGUAGES, type Language, Texts } from '../../../portal/frame/texts.ts';

describe('the effect of a dangerous action', () => {
  it('is told in numbers, one and many', () => {
    const effect = effectOf('deleteApp', { users: 12_431, signups: 1, invites: 38 });
    assert.match(effect.text, /^Deletes the app with 12,431 users, 1 signup and 38 invites\b/);
    assert.match(effect.text, /Tokens already handed out stay valid until they end\.$/);
    assert.deepEqual(effect.values, { users: 12_431, signups: 1, invites: 38 });
  });

  it('has a text with the same numbers in every language of the portal', () => {
    const people = { users: 7001, signups: 7002, invites: 7003 };
    const effects = [
      effectOf('deleteApp', people),
      effectOf('resetApp', people),
      ...(
        [
          'deleteUsers',
          'suspendUsers',
          'replaceUsers',
          'resetPasswords',
          'endSessions',
          'disableFactors',
        ] as const
      ).map((action: DangerousAction) => effectOf(action as 'deleteUsers', { users: 7004 })),
      effectOf('retireKey', { keys: 7005 }),
      effectOf('rotateAppToken', { hours: 7006 }),
      effectOf('removeAssets', { files: 7007 }),
    ];
    for (const language of Object.keys(LANGUAGES) as Language[]) {
      for (const { key, values } of effects) {
        const text = new Texts(language).say(key, values);
        for (const number of Object.values(values))
          assert.ok(text.includes(String(number)), `${language} ${key}: ${text}`);
      }
    }
  });
});
