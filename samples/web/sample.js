// Everything a user of an app can do, on the host's own client. Copy what you need; none of it is made by a build.
import { createAuth, webStorage } from '../client.js';
import { actionsOf } from './actions.js';
import { appTokenOf, filled, find, HOST, languages, make, reasonOf } from './page.js';
import { TEXTS } from './texts.js';
import { verify } from './token.js';

const language = languages(TEXTS, () => draw());
const text = () => TEXTS[language()];

/** What was sent and answered since a card was used. */
let recorded = [];
let auth;
let app;

async function recording(input, init = {}) {
  const answer = await fetch(input, init);
  const copy = answer.clone();
  const headers = Object.entries(init.headers ?? {}).map(([name, value]) => `${name}: ${short(value)}`);
  const body = init.body === undefined ? [] : ['', hidden(init.body)];
  const request = [`${init.method ?? 'GET'} ${new URL(input).pathname}`, ...headers, ...body];
  recorded.push(`${request.join('\n')}\n\n→ ${answer.status} ${short(await copy.text())}`);
  return answer;
}
/** Tokens and pictures are long, and a password is nobody's to read. */
const short = (value) => value.replace(/[\w+/=.-]{60,}/g, (long) => `${long.slice(0, 20)}…${long.slice(-6)}`);
const hidden = (body) => short(body.replace(/("\w*[pP]assword\w*":)"(?:[^"\\]|\\.)*"/g, '$1"…"'));

function fieldOf(given) {
  const field = typeof given === 'string' ? { name: given } : given;
  const { name, kind = name, label = text().fields[name], required = true, value = '' } = field;
  if (kind === 'locale') {
    const options = app.locales.map((tag) => make('option', { value: tag, selected: tag === value }, tag));
    return make('label', {}, label, make('select', { name }, ...options));
  }
  if (kind === 'everywhere') {
    return make('label', { className: 'check' }, make('input', { type: 'checkbox', name }), label);
  }
  const input = make('input', { name, required, value, type: 'text', ...INPUTS[kind] });
  if (kind !== 'newPassword') return make('label', {}, label, input);
  const hint = make('small');
  input.addEventListener('input', () => {
    const unmet = auth.checkPassword(input.value).map((rule) => text().rules[rule]);
    hint.textContent = unmet.length > 0 ? filled(text().unmet, { rules: unmet.join(', ') }) : '';
  });
  return make('label', {}, label, input, hint);
}
const INPUTS = {
  handle: { autocomplete: 'username', autocapitalize: 'none', spellcheck: false },
  login: { autocomplete: 'username', autocapitalize: 'none', spellcheck: false },
  newHandle: { autocomplete: 'email', autocapitalize: 'none', spellcheck: false },
  password: { type: 'password', autocomplete: 'current-password' },
  newPassword: { type: 'password', autocomplete: 'new-password' },
  code: { inputMode: 'numeric', autocomplete: 'one-time-code' },
  optionalCode: { inputMode: 'numeric', autocomplete: 'one-time-code', required: false },
  phone: { type: 'tel', autocomplete: 'tel' },
};

/** A card: title, sentence, form, what came of it, and the fold with the request. */
function card(action) {
  const [title, sentence] = text().cards[action.id];
  const output = make('output');
  const place = make('div');
  const pre = make('pre', {}, text().noRequest);
  const fold = make('details', { className: 'request' }, make('summary', {}, text().request), pre);
  const section = make(
    'section',
    { id: action.id },
    make('h2', {}, title),
    make('p', {}, sentence),
    place,
    fold,
  );

  function show(step, intro = []) {
    const button = make(
      'button',
      { className: action.danger ? 'danger' : '' },
      text().cards[step.id ?? 'finish'][2],
    );
    const form = make('form', {}, ...intro, ...(step.fields ?? []).map(fieldOf), button, output);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const values = Object.fromEntries(new FormData(form));
      return use(step, values, button);
    });
    place.replaceChildren(form);
    if (step !== action) form.querySelector('input')?.focus();
  }

  async function use(step, values, button) {
    button.disabled = true;
    recorded = [];
    notify('', '');
    say('', '');
    try {
      const outcome = (await step.run(values)) ?? {};
      if (outcome.next) show(outcome.next, introOf(outcome));
      else if (step !== action) show(action);
      const words = outcome.say ? (text()[outcome.say] ?? outcome.say) : text().done;
      // Why the session changed was told already, and says more.
      const isTold = !section.isConnected && !outcome.say && find('notice').textContent !== '';
      if (!isTold) say(words, outcome.isBad ? 'bad' : 'good', outcome.shown);
      outcome.meanwhile?.().then(
        (state) => say(text()[state] ?? '', 'good'),
        (error) => say(reasonOf(error), 'bad'),
      );
    } catch (error) {
      say(reasonOf(error), 'bad');
    } finally {
      button.disabled = false;
      pre.textContent = recorded.join('\n\n') || text().noRequest;
    }
  }

  function say(words, kind, shown) {
    // The card may be gone by now: the cards are drawn anew when the session changes.
    if (!section.isConnected) return notify(words, kind, shown);
    output.className = kind;
    output.replaceChildren(words, ...(shown === undefined ? [] : [make('pre', {}, shown)]));
  }

  show(action);
  return section;
}

function introOf({ picture, secret }) {
  if (!picture) return [];
  return [make('img', { src: picture, alt: 'QR', width: 192, height: 192 }), make('pre', {}, secret)];
}

function notify(words, kind, shown) {
  find('notice').className = kind;
  find('notice').replaceChildren(words, ...(shown === undefined ? [] : [make('pre', {}, shown)]));
  if (shown !== undefined) scrollTo({ top: 0 });
}

function draw() {
  document.documentElement.lang = language();
  find('language-label').textContent = text().language;
  const user = auth?.session?.user;
  find('who').textContent = user?.handle ?? text().nobody;
  find('app').textContent = filled(text().app, { name: app?.name ?? '…' });
  find('files').textContent = text().files;
  find('files').href = `${HOST}/sample/files${location.search}`;
  find('files').hidden = !user;
  const actions = app ? actionsOf({ auth, app, user, language: language(), token: myToken }) : [chooseApp];
  find('cards').replaceChildren(...actions.map(card));
}

const chooseApp = {
  id: 'chooseApp',
  fields: ['appToken'],
  run: ({ appToken }) => location.assign(`?appToken=${encodeURIComponent(appToken.trim())}`),
};

async function myToken() {
  const token = await auth.token();
  const { claims, header, until } = await verify(token, HOST, recording);
  const shown = JSON.stringify({ header, claims }, undefined, 2);
  if (!until) return { say: 'invalid', isBad: true, shown };
  const time = until.toLocaleString(language());
  return { say: filled(text().valid, { kid: header.kid, until: time }), shown };
}

async function begin() {
  const appToken = await appTokenOf(location);
  if (!appToken) return draw();
  try {
    auth = createAuth({ url: HOST, appToken, storage: webStorage(), fetch: recording });
    await auth.ready;
    app = await auth.orThrow.app();
    auth.on('change', (_session, why) => {
      draw();
      if (why !== 'renewed' && why !== 'userChanged') notify(text()[why], why === 'expired' ? 'bad' : 'good');
    });
  } catch (error) {
    auth = undefined;
    notify(reasonOf(error), 'bad');
  }
  draw();
}

await begin();
