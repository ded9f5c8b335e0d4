import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { App } from '../../server/model/app.ts';
import { authenticatorCode } from '../support/authenticator.ts';
import { describeOnBothStores } from '../support/both-stores.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { codeOf } from '../support/outbox.ts';
import { until } from '../support/until.ts';
import { type BrowserNoise, listenTo } from './noise.ts';

const skip = chromiumObstacle() ?? false;
const PASSWORD = 'Correct-Horse-1';
const OTHER = 'Battery-Staple-2';
const FIRST = {
  id: 'first',
  path: 'user_data.name.first',
  fieldName: 'First name',
  required: false,
  canEdit: true,
};
/** Words of the page, as somebody with that browser reads them. */
const WORDS = {
  'en-GB': { nobody: 'Nobody is logged in', loggedIn: 'Logged in.', right: 'The signature is right' },
  'de-DE': { nobody: 'Niemand ist angemeldet', loggedIn: 'Angemeldet.', right: 'Die Signatur stimmt' },
} as const;

describe('the sample page', () => {
  it('is there only when it is switched on', async () => {
    const host = await startTestHost();
    try {
      for (const path of ['/sample', '/sample/sample.js', '/sample/app.json']) {
        assert.equal((await host.request('GET', path)).status, 404);
      }
    } finally {
      await host.stop();
    }
  });

  it('takes the only app of a host on loopback, and no other', async () => {
    for (const [config, apps, found] of [
      [{ sample: 'on' }, 1, true],
      [{ sample: 'on' }, 0, false],
      [{ sample: 'on' }, 2, false],
      [{ sample: 'on', apiUrl: 'https://auth.example.com' }, 1, false],
    ] as const) {
      const host = await startTestHost({ config });
      try {
        for (let made = 0; made < apps; made++) await host.createApp();
        const { body } = await host.request('GET', '/sample/app.json');
        assert.equal(body.appToken !== undefined, found);
      } finally {
        await host.stop();
      }
    }
  });
});

describeOnBothStores(
  'what a user does on the sample page',
  (hostOf) => {
    let browser: Browser;
    before(async () => {
      if (!skip) browser = await launchChromium();
    });
    after(() => browser?.close());

    /** Somebody with a browser of that language, on the page of that app. */
    async function visit(app: App, locale: keyof typeof WORDS = 'en-GB'): Promise<Visitor> {
      const context = await browser.newContext({ locale });
      return new Visitor(hostOf(), context, await context.newPage(), app, WORDS[locale]).open();
    }

    for (const locale of ['en-GB', 'de-DE'] as const) {
      it(`signs up by code, looks at the token, leaves and comes back: ${locale}`, { skip }, async () => {
        const app = await hostOf().createApp({ signupFlow: 'code', locales: ['EN', 'DE'] });
        const ada = await visit(app, locale);
        await ada.submit('signUp', { handle: 'ada@example.com', newPassword: PASSWORD });
        await ada.submit('signUp', { code: await ada.mailed() });
        await ada.isKnownAs('ada@example.com');
        assert.match(await ada.notice(), new RegExp(WORDS[locale].loggedIn));
        await ada.submit('token');
        await ada.output('token', WORDS[locale].right);
        await ada.page.reload();
        await ada.isKnownAs('ada@example.com');
        await ada.submit('logOut');
        await ada.isKnownAs(WORDS[locale].nobody);
        await ada.submit('logIn', { login: 'ada@example.com', password: OTHER });
        await ada.output('logIn', 'wrong_credentials');
        await ada.submit('logIn', { login: 'ada@example.com', password: PASSWORD });
        await ada.isKnownAs('ada@example.com');
        const user = await hostOf().deps.store.users.findByHandle(app.id, 'ada@example.com');
        assert.equal(user?.locale, locale.slice(0, 2).toUpperCase());
        await ada.leave();
      });
    }

    it('signs up by link, and the page notices by itself', { skip }, async () => {
      const ada = await visit(await hostOf().createApp({ signupFlow: 'link' }));
      await ada.submit('signUp', { handle: 'ada@example.com', newPassword: PASSWORD });
      await ada.output('signUp', 'A link was sent');
      const mail = await ada.context.newPage();
      await mail.goto(await ada.mailed());
      await mail.click('button');
      await ada.isKnownAs('ada@example.com');
      await ada.leave();
    });

    it('fills metadata in at a signup without proof, changes them, the handle and the password', {
      skip,
    }, async () => {
      const ada = await visit(await hostOf().createApp({ signupFlow: 'none', metaData: [FIRST] }));
      await ada.submit('signUp', {
        handle: 'ada@example.com',
        newPassword: PASSWORD,
        [FIRST.path]: 'Ada',
      });
      await ada.isKnownAs('ada@example.com');
      assert.equal(await ada.field('metadata', FIRST.path).inputValue(), 'Ada');
      await ada.submit('metadata', { [FIRST.path]: 'Augusta' });
      await ada.submit('me');
      await ada.output('me', '"first": "Augusta"');
      await ada.submit('changeHandle', { newHandle: 'new@example.com', password: PASSWORD });
      await ada.submit('changeHandle', { code: await ada.mailed('new@example.com') });
      await ada.isKnownAs('new@example.com');
      await ada.submit('changePassword', { password: PASSWORD, newPassword: OTHER });
      await ada.page.getByText(WORDS['en-GB'].loggedIn).waitFor();
      await ada.submit('logOut');
      await ada.submit('logIn', { login: 'new@example.com', password: OTHER });
      await ada.isKnownAs('new@example.com');
      await ada.leave();
    });

    it('switches a second factor on and logs in with it', { skip }, async () => {
      const app = await hostOf().createApp({ signupFlow: 'none', twoFactorVerification: 'google' });
      const ada = await visit(app);
      await ada.submit('signUp', { handle: 'ada@example.com', newPassword: PASSWORD });
      await ada.isKnownAs('ada@example.com');
      await ada.submit('enableTotp');
      await ada.page.locator('#enableTotp img').waitFor();
      const secret = await ada.page.locator('#enableTotp form pre').first().innerText();
      await ada.submit('enableTotp', { code: authenticatorCode(secret, hostOf().clock.now()) });
      assert.match(await ada.notice('recovery codes'), /\d{10}/);
      await ada.submit('logOut');
      await ada.submit('logIn', { login: 'ada@example.com', password: PASSWORD });
      hostOf().clock.advance(30_000);
      await ada.submit('logIn', { code: authenticatorCode(secret, hostOf().clock.now()) });
      await ada.isKnownAs('ada@example.com');
      await ada.leave();
    });

    it('invites somebody, who accepts, forgets the password and deletes the account', { skip }, async () => {
      const app = await hostOf().createApp({ signupFlow: 'none', invitationEnabled: true });
      const ada = await visit(app);
      await ada.submit('signUp', { handle: 'ada@example.com', newPassword: PASSWORD });
      await ada.isKnownAs('ada@example.com');
      await ada.submit('invite', { handle: 'bo@example.com' });
      await ada.output('invite', 'Done.');
      const bo = await visit(app, 'de-DE');
      await bo.submit('acceptInvite', {
        handle: 'bo@example.com',
        code: await bo.mailed('bo@example.com'),
        newPassword: PASSWORD,
      });
      await bo.isKnownAs('bo@example.com');
      await bo.submit('logOut');
      await bo.submit('forgotPassword', { handle: 'bo@example.com' });
      await bo.field('forgotPassword', 'code').waitFor();
      await bo.submit('forgotPassword', { code: await bo.mailed('bo@example.com'), newPassword: OTHER });
      await bo.output('forgotPassword', 'Erledigt.');
      await bo.submit('logIn', { login: 'bo@example.com', password: OTHER });
      await bo.isKnownAs('bo@example.com');
      await bo.submit('delete', { password: OTHER });
      await bo.isKnownAs(WORDS['de-DE'].nobody);
      assert.equal(await hostOf().deps.store.users.findByHandle(app.id, 'bo@example.com'), undefined);
      await bo.leave();
      await ada.leave();
    });

    it('shows each request without its password', { skip }, async () => {
      const ada = await visit(await hostOf().createApp({ signupFlow: 'none' }));
      await ada.submit('logIn', { login: 'ada@example.com', password: PASSWORD });
      await ada.output('logIn', 'wrong_credentials');
      await ada.page.locator('#logIn summary').click();
      const shown = await ada.page.locator('#logIn details pre').innerText();
      assert.match(shown, /POST \/api\/appuser\/login/);
      assert.match(shown, /→ 400 \{"code":600/);
      assert.ok(!shown.includes(PASSWORD));
      await ada.leave();
    });

    it('fits a phone and a desk', { skip }, async () => {
      const ada = await visit(
        await hostOf().createApp({ signupFlow: 'none', twoFactorVerification: 'google' }),
      );
      for (const step of ['out', 'in']) {
        for (const viewport of [
          { width: 320, height: 640 },
          { width: 1280, height: 800 },
        ]) {
          await ada.page.setViewportSize(viewport);
          const width = await ada.page.evaluate<number>('document.documentElement.scrollWidth');
          assert.ok(width <= viewport.width, `${step}: ${width} wide at ${viewport.width}`);
        }
        if (step === 'in') break;
        await ada.submit('signUp', { handle: 'ada@example.com', newPassword: PASSWORD });
        await ada.isKnownAs('ada@example.com');
        await ada.submit('token');
        await ada.output('token', 'RS256');
      }
      await ada.leave();
    });
  },
  { now: Date.now(), config: { sample: 'on' } },
);

class Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly #host: TestHost;
  readonly #app: App;
  readonly #words: { nobody: string };
  readonly #noise: BrowserNoise;
  readonly #read = new Map<string, number>();
  constructor(host: TestHost, context: BrowserContext, page: Page, app: App, words: { nobody: string }) {
    this.#host = host;
    this.context = context;
    this.page = page;
    this.#app = app;
    this.#words = words;
    this.#noise = listenTo(page);
  }

  async open(): Promise<this> {
    this.page.setDefaultTimeout(20_000);
    await this.page.goto(`${this.#host.url}/sample?appToken=${this.#app.appToken}`);
    await this.isKnownAs(this.#words.nobody);
    return this;
  }
  field(card: string, name: string) {
    return this.page.locator(`#${card} [name="${name}"]`);
  }
  async submit(card: string, values: Record<string, string> = {}): Promise<void> {
    for (const [name, value] of Object.entries(values)) await this.field(card, name).fill(value);
    await this.page.locator(`#${card} form button`).click();
  }
  isKnownAs(name: string): Promise<void> {
    return this.page.locator('h1', { hasText: name }).waitFor();
  }
  output(card: string, words: string): Promise<void> {
    return this.page.locator(`#${card} output`, { hasText: words }).waitFor();
  }
  async notice(words = ''): Promise<string> {
    const notice = this.page.locator('#notice', { hasText: words });
    await notice.waitFor();
    return notice.innerText();
  }
  /** The code or link that is sent next to one whose handle holds this. */
  async mailed(to = ''): Promise<string> {
    const sent = async () =>
      (await this.#host.outbox()).filter(
        (line) => line.appId === this.#app.id && line.to.includes(to) && (line.code ?? line.link),
      );
    await until('a code is sent', async () => (await sent()).length > (this.#read.get(to) ?? 0));
    const lines = await sent();
    this.#read.set(to, lines.length);
    const line = lines.at(-1);
    assert.ok(line);
    return line.link ?? codeOf(line);
  }
  /** The browser asked nobody but the host, and broke no policy. A refusal is a line of its console. */
  async leave(): Promise<void> {
    assert.deepEqual(this.#noise.origins, [this.#host.url]);
    assert.deepEqual(
      this.#noise.complaints.filter((text) => !text.includes('the server responded with a status of 4')),
      [],
    );
    await this.context.close();
  }
}
