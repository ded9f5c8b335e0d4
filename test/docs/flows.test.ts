import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { authenticatorCode } from '../support/authenticator.ts';
import { errorsPage } from '../support/errors-page.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import { codeOf } from '../support/outbox.ts';
import { type ShellSession, startShell } from '../support/shell-session.ts';
import { assertLike, sectionsOf, valuesIn } from './page.ts';

const [start, ...flows] = sectionsOf('flows.md');
const FIRST = {
  id: 'first',
  path: 'user_data.name.first',
  fieldName: 'first',
  required: false,
  canEdit: true,
};

/** What the app of a section has switched on; what is not here has the defaults of a new app. */
const SETTINGS: Readonly<Record<string, Partial<App>>> = {
  'Signup with a link': { signupFlow: 'link' },
  'Signup without proof': { signupFlow: 'none' },
  'Second factor, authenticator': { twoFactorVerification: 'google' },
  'Phone and second factor by SMS': { twoFactorVerification: 'phone' },
  Invitation: { invitationEnabled: true },
  Metadata: { metaData: [FIRST] },
  'Language and user name': { userNamesEnabled: true },
  Anonymous: { anonymousLoginEnabled: true },
  Apple: { appleLoginEnabled: true, appleBundleId: 'com.example.app' },
  Google: { googleLoginEnabled: true, googleClientId: 'com.example.app' },
};

describe('docs/flows.md', () => {
  let host: TestHost;
  let provider: IdentityProvider;
  before(async () => {
    provider = await startIdentityProvider();
    const { issuer, jwksUrl } = provider;
    host = await startTestHost({
      now: Date.now(),
      config: { appleIssuer: issuer, appleJwksUrl: jwksUrl, googleIssuer: issuer, googleJwksUrl: jwksUrl },
    });
  });
  after(() => Promise.all([host.stop(), provider.close()]));

  it('has a section for every setting that is named here', () => {
    const names = flows.map(({ heading }) => heading.split(':')[0] ?? '');
    assert.deepEqual(
      Object.keys(SETTINGS).filter((name) => !names.includes(name)),
      [],
    );
  });

  for (const { heading, blocks } of flows) {
    it(`shows what the host answers: ${heading}`, async () => {
      const app = await host.createApp({ ...SETTINGS[heading.split(':')[0] ?? ''] });
      await host.createUser(app, { handle: 'you@example.com', password: md5('Correct-Horse-1') });
      const shell = startShell();
      let printed = '';
      const typed = async (whence: string): Promise<string> => {
        if (whence === 'from Apple' || whence === 'from Google') {
          const claims = { sub: '1', email: 'ada@example.com', email_verified: true };
          return provider.token(host.clock.now(), { aud: 'com.example.app', ...claims });
        }
        if (whence === 'from the authenticator') {
          // A code is good once.
          host.clock.advance(30_000);
          const secret = /"googleSecretKey":"([^"]+)"/.exec(printed)?.[1] ?? '';
          return authenticatorCode(secret, host.clock.now());
        }
        const line = (await host.outbox()).findLast(
          ({ appId, code, link }) => appId === app.id && (code ?? link),
        );
        assert.ok(line, whence);
        return String(line.link ?? codeOf(line));
      };
      try {
        await begin(shell, app);
        for (const [index, { language, text }] of blocks.entries()) {
          if (language !== 'sh') continue;
          const answer = await shell.paste(text, typed);
          printed += answer;
          const shown = blocks[index + 1];
          const answers = valuesIn(answer);
          if (shown?.language !== 'json') continue;
          const values = valuesIn(shown.text);
          assert.equal(answers.length, values.length, answer);
          for (const [place, value] of values.entries()) assertLike(answers[place], value, heading);
        }
      } finally {
        shell.close();
      }
    });
  }

  async function begin(shell: ShellSession, app: App): Promise<void> {
    const { text } = start?.blocks[0] ?? { text: '' };
    const lines = text.split('\n');
    assert.deepEqual(
      lines.slice(0, 2).map((line) => line.split('=')[0]),
      ['URL', 'APP_TOKEN'],
    );
    await shell.paste([`URL=${host.url}`, `APP_TOKEN=${app.appToken}`, ...lines.slice(2)].join('\n'));
  }
});

describe('pages of the providers', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost({ now: Date.now() });
  });
  after(() => host.stop());

  for (const [page, on, ids] of [
    ['apple.md', 'appleLoginEnabled', 'appleBundleId'],
    ['google.md', 'googleLoginEnabled', 'googleClientId'],
  ] as const) {
    it(`docs/${page} switches the provider on`, async () => {
      const app = await host.createApp();
      const shell = startShell();
      try {
        await shell.paste(`URL=${host.url}\nSECRET=${host.serverSecret}\nAPP_ID=${app.id}`);
        await shell.paste(sectionsOf(page)[0]?.blocks[0]?.text ?? '');
      } finally {
        shell.close();
      }
      const set = await host.deps.store.apps.find(app.id);
      assert.equal(set?.[on], true);
      assert.match(String(set?.[ids]), /^[^,]+,[^,]+$/);
    });
  }
});

describe('docs/errors.md', () => {
  it('is what the declarations make', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    assert.equal(page, errorsPage(), 'run node test/support/errors-page.ts > docs/errors.md');
  });
});

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
