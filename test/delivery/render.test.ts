import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PLACEHOLDERS } from '../../server/delivery/placeholders.ts';
import { createRenderer } from '../../server/delivery/render.ts';
import { readTextFiles, TextFilesError } from '../../server/delivery/text-files.ts';
import type { App } from '../../server/model/app.ts';
import { HostError } from '../../server/model/errors.ts';
import { type MessageName, TEMPLATE_NAMES, type Template } from '../../server/model/template.ts';

const LOCALES = ['EN', 'DE', 'ES', 'FR', 'JA', 'ZH'];
const NAMES = Object.keys(PLACEHOLDERS) as MessageName[];
const events: { event: string; fields: object | undefined }[] = [];
const renderer = createRenderer({
  dataDir: '/nowhere',
  events: { emit: (event, fields) => void events.push({ event, fields }) },
});
const VALUES = {
  HANDLE: 'ada@example.com',
  APP_NAME: 'Chess Club',
  CODE: '123456',
  LINK: 'https://auth.example.com/x?a=1&b=2',
  PASSWORD: 'hunter2',
  CHANGE: 'totpOn',
  PROVIDER: 'Apple',
  VALID_FOR: '48 hours',
  SENDER: 'grace@example.com',
};
const MARKUP = `"><img src=x onerror=alert(1)>{{CODE}}%CODE%@example.com`;

function template(fields: Partial<Template>): Template {
  return {
    id: '0123456789abcdef01234567',
    appId: 'a'.repeat(32),
    revision: 1,
    name: 'signUp',
    locale: 'EN',
    subject: 'Hello from %APP_NAME%',
    htmlTemplate: '<p>%CODE% for %HANDLE%</p>',
    createdAt: 0,
    updatedAt: 0,
    ...fields,
  };
}
let revision = 0;
/** Renders an edited text; each call is a revision of its own. */
function edited(fields: Partial<Template>, values: Record<string, string> = VALUES) {
  const stored = template({ revision: ++revision, ...fields });
  return renderer.message({
    name: stored.name,
    locale: stored.locale,
    template: stored,
    values,
    app: undefined,
  });
}
function builtIn(name: MessageName, locale = 'EN', values: Record<string, string> = VALUES) {
  return renderer.message({ name, locale, template: undefined, values, app: undefined });
}
function refusal(input: { name?: MessageName; subject?: string; htmlTemplate: string }): string | undefined {
  try {
    renderer.check({ name: 'signUp', subject: 'Hello', ...input });
    return undefined;
  } catch (error) {
    assert(error instanceof HostError && error.error === 'refused', String(error));
    return error.detail;
  }
}

describe('mails', () => {
  const CODES = ['signUp', 'signUpLink', 'resetPassword', 'setPassword', 'invite'] as const;
  const mail = (name: MessageName, locale: string, values: Record<string, string> = VALUES) =>
    renderer.message({
      name,
      locale,
      template: undefined,
      values,
      app: undefined,
      validFor: { count: 36, unit: 'hour' },
    });

  it("say how long a code or link holds, in the reader's language", () => {
    const words = {
      EN: '36 hours',
      DE: '36 Stunden',
      ES: '36 horas',
      FR: '36 heures',
      JA: '36 時間',
      ZH: '36小时',
    };
    for (const [locale, told] of Object.entries(words)) {
      for (const name of CODES) {
        const { text, html } = mail(name, locale);
        const plain = (part: string) => part.replaceAll('\u00a0', ' ');
        assert.ok(plain(text).includes(told) && plain(html).includes(told), `${locale} ${name}: ${text}`);
      }
    }
    assert.ok(mail('signUp', 'IT').text.includes('36 hours'), 'the language of the text that stands in');
  });

  it('name who invites, or the app', () => {
    for (const locale of LOCALES) {
      assert.match(mail('invite', locale).text, /grace@example\.com/);
      const { text } = mail('invite', locale, { ...VALUES, SENDER: '' });
      assert.doesNotMatch(text, /grace|superuser/);
      assert.ok(text.split('Chess Club').length > 1, text);
    }
  });

  it('show the logo and the colour of the app, whose text can be read', () => {
    const app = { brandColor: '#ffcc00', logoUrl: 'https://cdn.example.com/l.png' } as App;
    const { html } = renderer.message({
      name: 'signUpLink',
      locale: 'EN',
      template: undefined,
      values: VALUES,
      app,
    });
    assert.match(html, /<img class="logo" src="https:\/\/cdn\.example\.com\/l\.png" alt="Chess Club"/);
    assert.match(html, /background: #ffcc00; color: #000000/);
    assert.doesNotMatch(builtIn('signUpLink').html, /<img|#000000/);
  });
});

describe('the paragraph of a contested signup', () => {
  const stored = (htmlTemplate: string, locale: string, values = VALUES) =>
    renderer.message({
      name: 'signUp',
      locale,
      values,
      app: undefined,
      contested: true,
      template: template({ revision: ++revision, locale, htmlTemplate }),
    });
  /** How far behind `before` in the text it stands; throws when it is not there once. */
  const placeOf = (html: string, locale: string) => {
    const file = readTextFiles('/nowhere').get(`messages/${locale}/contestedNote.hbs`);
    assert(file && file.body.length > 60, locale);
    assert.equal(html.split(file.body).length, 2, `${locale}: once`);
    return html.indexOf(file.body);
  };

  it('ends every mail in every locale, and no other mail', () => {
    for (const locale of LOCALES) {
      for (const name of ['signUp', 'signUpLink', 'signUpSuccess', 'setPassword'] as const) {
        const input = { name, locale, template: undefined, values: VALUES, app: undefined };
        const { html, text } = renderer.message({ ...input, contested: true });
        assert(placeOf(html, locale) > html.lastIndexOf('123456'), `${locale} ${name}`);
        assert(placeOf(text, locale) > text.lastIndexOf('\n'));
        assert.equal(renderer.message(input).html.includes('NOTE'), false);
        assert.throws(() => placeOf(renderer.message(input).html, locale));
      }
    }
  });

  it('ends edited texts too, also those that are documents, and no value moves it', () => {
    for (const source of [
      '<p>%CODE% for %HANDLE%</p>',
      '<html><body><p>%CODE%</p><!-- </body> --></BODY></html>',
      '<body>%CODE%',
    ]) {
      const { html, text } = stored(source, 'DE', { ...VALUES, HANDLE: '</body>@example.com' });
      assert(placeOf(html, 'DE') > html.indexOf('123456'), source);
      assert(placeOf(html, 'DE') < (html.search(/<\/BODY>/) + 1 || html.length), source);
      placeOf(text, 'DE');
    }
    assert.equal(stored('<p>%CODE%</p>', 'XX').html.includes('more than one sign-up'), true);
    assert.equal(
      edited({ htmlTemplate: '<p>%CODE%</p>' }, { ...VALUES, NOTE: 'x' }).html.includes('>x<'),
      false,
    );
  });

  it('cannot be named by an edited text', () => {
    assert.equal(refusal({ htmlTemplate: '%CODE% {{NOTE}}' }), '%NOTE% is not known here');
  });
});

describe('built-in texts', () => {
  it('exist for every message in every locale', () => {
    for (const locale of LOCALES) {
      for (const name of NAMES) assert(renderer.hasBuiltIn(name, locale), `${locale} ${name}`);
    }
  });

  it('use the same placeholders and name the same changes in every locale', () => {
    const files = readTextFiles('/nowhere');
    const shape = (locale: string, name: string) => {
      const file = files.get(`messages/${locale}/${name}.hbs`);
      const used = (text: string | undefined) => [...new Set(text?.match(/%[A-Z_]+%/g))].sort();
      return {
        heads: Object.keys(file?.head ?? {}),
        body: used(file?.body),
        subject: used(file?.head.subject),
      };
    };
    for (const name of NAMES) {
      const english = shape('EN', name);
      for (const locale of LOCALES) assert.deepEqual(shape(locale, name), english, `${locale} ${name}`);
    }
  });

  it('have words for every page in every locale', () => {
    const files = readTextFiles('/nowhere');
    for (const page of ['confirm', 'verified-set-password', 'expired', 'invalid', 'busy'] as const) {
      const words = (locale: string) => Object.keys(files.get(`pages/${locale}/${page}.hbs`)?.head ?? {});
      assert(words('EN').length >= 3);
      for (const locale of LOCALES) {
        assert.deepEqual(words(locale), words('EN'), `${locale} ${page}`);
        const shown = renderer.page({ name: page, locale, template: undefined, values: VALUES });
        assert.doesNotMatch(shown, /\{\{|\[\[/, `${locale} ${page}`);
      }
    }
  });

  it('pass the check they are edited under', () => {
    for (const locale of LOCALES) {
      for (const name of TEMPLATE_NAMES) renderer.check({ name, ...renderer.builtIn(name, locale) });
    }
  });

  it('show every value in both parts and leave no placeholder behind', () => {
    for (const locale of LOCALES) {
      for (const name of NAMES) {
        const { subject, text, html } = builtIn(name, locale);
        for (const part of [subject, text, html])
          assert.doesNotMatch(part, /%[A-Z_]+%|\{\{|\[\[/, `${locale} ${name}`);
        for (const placeholder of PLACEHOLDERS[name].needed) {
          if (placeholder === 'CHANGE') continue;
          assert(
            text.includes(VALUES[placeholder as keyof typeof VALUES]),
            `${locale} ${name} ${placeholder}`,
          );
        }
      }
    }
  });

  it("say what changed in the reader's language, and nothing when it is not told", () => {
    assert.match(builtIn('factorChanged', 'DE').text, /Eine Authenticator-App wurde hinzugefügt/);
    assert.doesNotMatch(builtIn('factorChanged', 'DE', { ...VALUES, CHANGE: '' }).text, /Authenticator/);
  });

  it('stand in English for a locale without texts', () => {
    assert.equal(builtIn('signUp', 'IT').subject, builtIn('signUp', 'EN').subject);
  });

  it('carry the language of the reader', () => {
    assert.match(builtIn('signUp', 'FR').html, /<html lang="fr">/);
    assert.match(builtIn('signUp', 'ZH').html, /<html lang="zh-Hans">/);
  });

  it('keep an SMS free of markup and short', () => {
    for (const locale of LOCALES) {
      for (const name of NAMES.filter((candidate) => /sms$/i.test(candidate))) {
        const { text } = builtIn(name, locale, { ...VALUES, LINK: '' });
        assert.doesNotMatch(text, /[<>&]|\n/);
        assert(text.length <= 160, `${locale} ${name}`);
      }
    }
  });
});

describe('values', () => {
  it('never become markup or template source in HTML', () => {
    for (const name of NAMES) {
      const { html } = builtIn(name, 'EN', { ...VALUES, HANDLE: MARKUP, APP_NAME: MARKUP });
      assert.doesNotMatch(html, /<img/);
      assert.doesNotMatch(html, /123456@example/);
    }
    const { html } = edited(
      { htmlTemplate: '<p title="%APP_NAME%">%HANDLE%</p>' },
      { HANDLE: MARKUP, APP_NAME: MARKUP },
    );
    assert.doesNotMatch(html, /<img/);
  });

  it('stay as they are in the text part, in an SMS and in the subject', () => {
    const { text, subject } = edited({}, { HANDLE: 'a<b>&c@example.com', APP_NAME: 'A & <B>', CODE: '1' });
    assert.equal(text, '1 for a<b>&c@example.com');
    assert.equal(subject, 'Hello from A & <B>');
    assert.match(builtIn('sms', 'EN', { APP_NAME: 'A & B', CODE: '1' }).text, /A & B/);
  });

  it('cannot begin a header of their own in the subject', () => {
    const { subject } = edited({}, { APP_NAME: 'x\r\nBcc: eve@example.com', CODE: '', HANDLE: '' });
    assert.equal(subject, 'Hello from x Bcc: eve@example.com');
  });

  it('are limited to what the text may name', () => {
    const { text } = edited({ htmlTemplate: '%CODE% %PASSWORD% %LINK%' });
    assert.equal(text, '123456 %PASSWORD% %LINK%');
  });
});

describe('an edited text', () => {
  it('takes old and new placeholders everywhere they occur', () => {
    const { text, subject } = edited({
      htmlTemplate: '<p>%CODE%, {{CODE}}, {{ CODE }}</p><p>50 % of %HANDLE%</p>',
    });
    assert.equal(text, '123456, 123456, 123456\n\n50 % of ada@example.com');
    assert.equal(subject, 'Hello from Chess Club');
  });

  it('gets an anchor for its link, with its own caption or LINK', () => {
    const link = { name: 'signUpLink', htmlTemplate: '<p>%LINK%</p>' } as const;
    const own = edited({ ...link, localeLinkText: 'Press <me>' });
    assert.match(
      own.html,
      /<a [^>]*href="https:\/\/auth\.example\.com\/x\?a&#x3D;1&amp;b&#x3D;2">Press &lt;me&gt;<\/a>/,
    );
    assert.equal(own.text, VALUES.LINK);
    assert.match(edited(link).html, />LINK<\/a>/);
  });

  it('may put the link into an href of its own', () => {
    const { html, text } = edited({ name: 'signUpLink', htmlTemplate: '<a href="%LINK%">Go</a>' });
    assert.match(html, /<a href="https:[^"]*">Go<\/a>/);
    assert.equal(text, `Go (${VALUES.LINK})`);
  });

  it('keeps its own document when it is one, and is wrapped when it is not', () => {
    assert.equal(
      edited({ htmlTemplate: '<html><body>%CODE%</body></html>' }).html,
      '<html><body>123456</body></html>',
    );
    assert.match(edited({ htmlTemplate: '<p>%CODE%</p>' }).html, /^<!doctype html>/);
  });

  it('gives a readable text part', () => {
    const htmlTemplate =
      '<style>p{}</style><h1>Hi &amp; welcome</h1><ul><li>one</li><li>&uuml;ber</li></ul><p>a<br>%CODE%</p>';
    assert.equal(edited({ htmlTemplate }).text, 'Hi & welcome\n\n- one\n- über\n\na\n123456');
  });

  it('names the address for answers', () => {
    assert.equal(edited({ replyTo: 'help@example.com' }).replyTo, 'help@example.com');
    assert.equal(builtIn('signUp').replyTo, undefined);
  });

  it('is replaced by the built-in text when it cannot be rendered, and the host says so', () => {
    for (const htmlTemplate of [
      '{{',
      '{{{CODE}}}',
      '{{> x}}',
      '{{log CODE}}',
      '{{lookup this "x"}}',
      '<a href="%HANDLE%">x</a>',
      '{{FOO}}',
    ]) {
      events.length = 0;
      assert.equal(edited({ htmlTemplate }).text, builtIn('signUp').text, htmlTemplate);
      assert.deepEqual(
        events.map(({ event }) => event),
        ['template_failed'],
      );
    }
  });

  it('is compiled anew only for a new revision', () => {
    const values = { CODE: '1', HANDLE: '', APP_NAME: '' };
    const first = template({ id: 'b'.repeat(24), htmlTemplate: 'old %CODE%' });
    const render = (stored: Template) =>
      renderer.message({ name: 'signUp', locale: 'EN', template: stored, values, app: undefined }).text;
    assert.equal(render(first), 'old 1');
    assert.equal(render({ ...first, htmlTemplate: 'new %CODE%' }), 'old 1');
    assert.equal(render({ ...first, htmlTemplate: 'new %CODE%', revision: 2 }), 'new 1');
  });
});

describe('check', () => {
  it('takes a text with known placeholders and conditions', () => {
    assert.equal(
      refusal({ htmlTemplate: '%CODE% {{#if HANDLE}}%HANDLE%{{else}}-{{/if}} {{#unless CODE}}-{{/unless}}' }),
      undefined,
    );
  });
  it('names an unknown, a misplaced and a missing placeholder', () => {
    assert.match(refusal({ htmlTemplate: '%CODE% %FOO%' }) ?? '', /FOO/);
    assert.match(refusal({ htmlTemplate: '%CODE% %LINK%' }) ?? '', /LINK/);
    assert.match(refusal({ htmlTemplate: 'hello' }) ?? '', /CODE/);
    assert.match(refusal({ name: 'signUpLink', htmlTemplate: '%LINK%', subject: '%LINK%' }) ?? '', /LINK/);
  });
  it('refuses what could run, read or break out', () => {
    const texts = [
      '%CODE% {{{HANDLE}}}',
      '%CODE% {{&HANDLE}}',
      '%CODE% {{> partial}}',
      '%CODE% {{#each HANDLE}}{{/each}}',
      '%CODE% {{#with HANDLE}}{{/with}}',
      '%CODE% {{constructor}}',
      '%CODE% {{@root}}',
      '%CODE% {{../CODE}}',
      '%CODE% {{log CODE}}',
      '%CODE% {{* x}}',
      '%CODE% {{#if}}{{/if}}',
      '%CODE% {{#if (lookup CODE)}}{{/if}}',
      '%CODE% {{HANDLE',
      '<a href="%HANDLE%">%CODE%</a>',
      '<a href="javascript:%HANDLE%">%CODE%</a>',
      '<p class=%HANDLE%>%CODE%</p>',
      '<p onclick="%HANDLE%">%CODE%</p>',
      '<p style="%HANDLE%">%CODE%</p>',
      '<script>%HANDLE%</script>%CODE%',
      '<style>%HANDLE%</style>%CODE%',
      '<p %CODE%',
      `%CODE%${'x'.repeat(65_536)}`,
    ];
    for (const htmlTemplate of texts) assert(refusal({ htmlTemplate }), htmlTemplate.slice(0, 60));
  });
});

describe("the operator's own texts", () => {
  let dataDir: string;
  before(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'own-templates-'));
    mkdirSync(join(dataDir, 'templates/messages/IT'), { recursive: true });
    mkdirSync(join(dataDir, 'templates/pages'), { recursive: true });
  });
  after(() => rmSync(dataDir, { recursive: true }));
  const open = () => createRenderer({ dataDir, events: { emit() {} } });

  it('replace built-in files of the same path and add locales', () => {
    writeFileSync(join(dataDir, 'templates/messages/IT/signUp.hbs'), 'subject: Ciao\n\n<p>%CODE%</p>\n');
    writeFileSync(join(dataDir, 'templates/pages/expired.hbs'), '<h1>Too late, {{HANDLE}}</h1>');
    const own = open();
    assert(own.hasBuiltIn('signUp', 'IT') && !own.hasBuiltIn('invite', 'IT'));
    assert.equal(
      own.message({ name: 'signUp', locale: 'IT', template: undefined, values: VALUES, app: undefined })
        .subject,
      'Ciao',
    );
    const page = own.page({ name: 'expired', locale: 'EN', template: undefined, values: VALUES });
    assert.match(page, /Too late, ada@example\.com/);
  });
  it('may begin with a byte order mark and have Windows line ends', () => {
    const path = join(dataDir, 'templates/messages/IT/signUp.hbs');
    writeFileSync(path, '\ufeffsubject: Ciao\r\n\r\n<p>%CODE%</p>\r\n');
    const text = open().builtIn('signUp', 'IT');
    assert.deepEqual([text.subject, text.htmlTemplate], ['Ciao', '<p>%CODE%</p>']);
  });
  it('may leave the subject of an SMS out', () => {
    writeFileSync(join(dataDir, 'templates/messages/IT/sms.hbs'), '%CODE% per %APP_NAME%\n');
    const text = open().builtIn('sms', 'IT');
    assert.equal(text.htmlTemplate, '%CODE% per %APP_NAME%');
    renderer.check({ name: 'sms', ...text });
    assert.notEqual(text.subject, '');
  });
  it('stop the start by name when the portal would refuse them, all at once', () => {
    const good = 'subject: Ciao\n\n<p>%CODE%</p>\n';
    const cases: [path: string, content: string | Buffer, reason: RegExp][] = [
      ['messages/IT/signUp.hbs', '', /is empty/],
      ['messages/IT/signUp.hbs', '\ufeff', /is empty/],
      ['messages/IT/signUp.hbs', 'subject: Ciao\n\n', /is empty/],
      ['messages/IT/signUp.hbs', '<p>%CODE%</p>', /no line "subject: …"/],
      ['messages/IT/signUp.hbs', 'subject: Ciao\n\n<p>no code</p>', /%CODE% is missing/],
      ['messages/IT/signUp.hbs', 'subject: Ciao\n\n<p>%CODE% %LINK%</p>', /%LINK% is not known/],
      ['messages/IT/signUp.hbs', 'subject: %LINK%\n\n<p>%CODE%</p>', /%LINK% cannot stand in the subject/],
      ['messages/IT/signUp.hbs', 'subject: Ciao\n\n<p>{{{CODE}}}</p>\n', /cannot be used/],
      ['messages/IT/signUp.hbs', Buffer.from(good.replace('Ciao', 'Verit\u00e0'), 'latin1'), /is not UTF-8/],
      ['messages/IT/signUp.hbs', Buffer.from(`\ufeff${good}`, 'utf16le'), /is not UTF-8/],
      ['messages/IT/factorChanged.hbs', 'subject: Ciao\n\n<p>no change</p>', /%CHANGE% is missing/],
      ['messages/IT/sms.hbs', 'no code', /%CODE% is missing/],
      ['messages/IT/contestedNote.hbs', '', /is empty/],
      ['messages/layout.hbs', '<html></html>', /\[\[content\]\]/],
      ['pages/layout.hbs', '<html></html>', /\[\[content\]\]/],
      ['pages/confirm.hbs', ' \n', /is empty/],
      ['pages/confirm.hbs', '{{#each CODE}}{{/each}}', /only \{\{NAME/],
      ['pages/IT/confirm.hbs', 'Ciao', /no line such as "heading: …"/],
    ];
    for (const [path, content, reason] of cases) {
      const folder = mkdtempSync(join(tmpdir(), 'own-templates-'));
      const write = (name: string, text: string | Buffer) => {
        const file = join(folder, 'templates', name);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      };
      const found = () => {
        try {
          createRenderer({ dataDir: folder, events: { emit() {} } });
        } catch (error) {
          assert(error instanceof TextFilesError, String(error));
          return error.problems;
        }
        return [];
      };
      write(path, content);
      const [problem, ...more] = found();
      // Markup of a page is found out with the words of some locale.
      if (!path.startsWith('pages/confirm')) assert.equal(problem?.path, path);
      assert.match(problem?.problem ?? '', reason, `${path} ${content}`);
      assert.deepEqual(more, []);
      if (reason.source.includes('UTF')) write('messages/IT/invite.hbs', content);
      else write('messages/IT/invite.hbs', '');
      if (!reason.source.includes('only')) assert.equal(found().length, 2);
      rmSync(folder, { recursive: true });
    }
  });
});

describe('pages', () => {
  it('show who confirms what, in the language of the signup', () => {
    const page = renderer.page({ name: 'confirm', locale: 'DE', template: undefined, values: VALUES });
    for (const part of ['<html lang="de">', 'ada@example.com', 'Chess Club', 'value="123456"', 'Bestätigen'])
      assert(page.includes(part), part);
  });
  it('escape what they show', () => {
    const values = { ...VALUES, HANDLE: MARKUP, APP_NAME: MARKUP };
    for (const name of ['confirm', 'verified', 'expired', 'invalid', 'busy'] as const) {
      assert.doesNotMatch(renderer.page({ name, locale: 'EN', template: undefined, values }), /<img/);
    }
  });
  it("show the app's own text once verified", () => {
    const own = template({
      name: 'clickThrough',
      locale: 'IT',
      htmlTemplate: '<h1>Fatto, %HANDLE%</h1>',
      revision: ++revision,
    });
    const page = renderer.page({ name: 'verified', locale: 'IT', template: own, values: VALUES });
    assert.match(page, /<html lang="it">.*<h1>Fatto, ada@example\.com<\/h1>/s);
  });
});
