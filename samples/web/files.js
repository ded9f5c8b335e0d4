// Files of a user, on the host's own client: upload with progress and an end, small versions, list and removal.
import { createAuth, webStorage } from '../client.js';
import { FILE_TEXTS } from './files-texts.js';
import { appTokenOf, filled, find, HOST, languages, make, reasonOf } from './page.js';

const language = languages(FILE_TEXTS, () => {
  notify('');
  draw();
});
const text = () => FILE_TEXTS[language()];
const PAGE = 24;

let auth;
let app;
/** What the host has listed so far, newest first. */
let assets = [];
let next;
let usage;

function sizeOf(bytes) {
  const [unit, by] = bytes < 1_048_576 ? ['kilobyte', 1_024] : ['megabyte', 1_048_576];
  const format = { style: 'unit', unit, maximumFractionDigits: bytes < 10 * by ? 1 : 0 };
  return new Intl.NumberFormat(language(), format).format(bytes / by);
}

function notify(words, kind = 'good') {
  find('notice').className = kind;
  find('notice').textContent = words;
}

/** Does something to the host and tells what came of it. */
async function tell(work, words) {
  try {
    await work();
    if (words) notify(words);
  } catch (error) {
    notify(text().reasons[error.reason] ?? reasonOf(error), 'bad');
  }
}

async function load({ more = false } = {}) {
  const found = await auth.orThrow.assets.list({ limit: PAGE, after: more ? next : undefined });
  assets = more ? [...assets, ...found.rows] : found.rows;
  next = found.next;
  usage = await auth.orThrow.assets.usage();
  drawAssets();
}

/**
 * One upload: its name, how far it is, and a button that ends it. It begins when what this answers is called;
 * one that was refused stays, with the reason, until it is put away.
 */
function prepare(file, caption) {
  const { name } = file;
  const controller = new AbortController();
  const { signal } = controller;
  const bar = make('progress', { max: 1, value: 0, ariaLabel: name });
  const state = make('span', { className: 'state' }, text().waits);
  const button = make('button', { className: 'quiet', type: 'button' }, text().cancel);
  const row = make('li', {}, make('strong', {}, name), bar, state, button);
  button.addEventListener('click', () => controller.abort());
  find('uploads').append(row);
  const onProgress = ({ loaded, total }) => {
    bar.value = loaded / total;
    state.textContent = filled(text().sent, { sent: sizeOf(loaded), all: sizeOf(total) });
  };
  const refuse = (error) => {
    state.textContent = text().reasons[error.reason] ?? reasonOf(error);
    row.className = 'refused';
    bar.remove();
    button.textContent = text().putAway;
    button.addEventListener('click', () => row.remove());
    notify(filled(text().ended, { name }), 'bad');
  };
  return () =>
    tell(async () => {
      if (!signal.aborted) state.textContent = text().begins;
      const result = await auth.assets.upload(file, { caption: caption || undefined, onProgress, signal });
      if (!result.ok && result.error.code !== 'aborted') return refuse(result.error);
      row.remove();
      if (!result.ok) return notify(filled(text().ended, { name }));
      await load();
      notify(filled(text().uploaded, { name }));
    });
}

function drawUpload() {
  const file = make('input', { type: 'file', name: 'file', multiple: true, required: true });
  const caption = make('input', { type: 'text', name: 'caption', maxLength: 1_000 });
  const form = make(
    'form',
    {},
    make('label', {}, text().file, file),
    make('label', {}, text().caption, caption),
    make('button', {}, text().upload),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const files = [...file.files];
    const typed = caption.value;
    form.reset();
    const uploads = files.map((each) => prepare(each, typed));
    for (const upload of uploads) await upload();
  });
  const used = make('p', { id: 'usage' });
  find('upload').replaceChildren(
    make('section', {}, make('h2', {}, text().uploadTitle), make('p', {}, text().uploadSentence), form, used),
  );
}

function drawAssets() {
  const { bytes = 0, count = 0, quota = 0 } = usage ?? {};
  const files = filled(text().counts[new Intl.PluralRules(language()).select(count)], { count });
  const words = filled(quota ? text().usedOf : text().used, {
    files,
    used: sizeOf(bytes),
    quota: sizeOf(quota),
  });
  const meter = make('meter', { max: quota || 1, value: bytes, high: quota * 0.9, ariaLabel: words });
  find('usage').replaceChildren(words, ...(quota ? [meter] : []));
  find('assets').replaceChildren(...assets.map(card));
  const button = make('button', { className: 'quiet', type: 'button' }, text().more);
  button.addEventListener('click', () => tell(() => load({ more: true })));
  find('more').replaceChildren(...(next ? [button] : assets.length === 0 ? [text().empty] : []));
}

/** The name it was uploaded by: the last part of its path, without the id. */
const nameOf = ({ path, _id }) => path.split('/').at(-1).replace(`-${_id}`, '');

/** The smallest version that is sharp enough; a file that is smaller than it has none and is shown itself. */
function shownAddress({ contentType, url, urlSmall, urlMedium, urlVideoPreview }) {
  return urlMedium ?? urlSmall ?? urlVideoPreview ?? (contentType.startsWith('image/') ? url : undefined);
}

function thumbnail(asset) {
  const name = nameOf(asset);
  const address = shownAddress(asset);
  if (!address) return make('div', { className: 'tile' }, name.split('.').at(-1).toUpperCase());
  const picture = make('img', { src: address, alt: asset.caption ?? name, loading: 'lazy' });
  if (asset.color) picture.style.background = asset.color;
  // An address ends: the host is asked for another, once.
  picture.addEventListener(
    'error',
    () =>
      tell(async () => {
        const { rows } = await auth.orThrow.assets.refresh({ ids: [asset._id] });
        picture.src = shownAddress(rows[0]);
      }),
    { once: true },
  );
  return picture;
}

function card(asset) {
  const name = nameOf(asset);
  const at = new Date(asset.createdAt).toLocaleString(language(), {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  const caption = make('input', { name: 'caption', value: asset.caption ?? '', maxLength: 1_000 });
  caption.ariaLabel = text().caption;
  caption.placeholder = text().caption;
  const save = make('button', { className: 'quiet' }, text().save);
  const form = make('form', { className: 'caption' }, caption, save);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    return change(asset, { caption: caption.value }, text().saved);
  });
  const shared = make('input', { type: 'checkbox', name: 'shared', checked: asset.access === 'app' });
  shared.addEventListener('change', () =>
    shared.checked
      ? change(asset, { access: 'app' }, text().sharedNow)
      : change(asset, { access: 'private' }, text().privateNow),
  );
  const open = make('a', { href: asset.url, target: '_blank', rel: 'noreferrer' }, text().open);
  const remove = make('button', { className: 'danger', type: 'button' }, text().remove);
  remove.addEventListener('click', () => {
    if (!confirm(filled(text().really, { name }))) return;
    return tell(async () => {
      await auth.orThrow.assets.remove({ ids: [asset._id] });
      await load();
    }, text().removed);
  });
  return make(
    'li',
    { id: `asset-${asset._id}` },
    make('figure', {}, thumbnail(asset), make('figcaption', {}, make('strong', {}, name))),
    make('p', {}, `${sizeOf(asset.size)} · ${at}`),
    form,
    make('label', { className: 'check' }, shared, text().shared),
    make('div', { className: 'actions' }, open, remove),
  );
}

function change(asset, values, words) {
  return tell(async () => {
    const changed = await auth.orThrow.assets.update({ id: asset._id, ...values });
    assets = assets.map((each) => (each._id === asset._id ? changed : each));
    drawAssets();
  }, words);
}

function draw() {
  document.documentElement.lang = language();
  find('language-label').textContent = text().language;
  const user = auth?.session?.user;
  find('who').textContent = user ? filled(text().filesOf, { handle: user.handle }) : text().nobody;
  find('app').textContent = filled(text().app, { name: app?.name ?? '…' });
  find('account').textContent = user ? text().account : text().logIn;
  find('account').href = `${HOST}/sample${location.search}`;
  for (const id of ['upload', 'assets', 'more']) find(id).hidden = !user;
  if (!user) return;
  drawUpload();
  drawAssets();
}

async function start() {
  const appToken = await appTokenOf(location);
  if (!appToken) return draw();
  await tell(async () => {
    auth = createAuth({ url: HOST, appToken, storage: webStorage() });
    await auth.ready;
    app = await auth.orThrow.app();
    auth.on('change', (session, why) => {
      if (why === 'renewed' || why === 'userChanged') return;
      [assets, next, usage] = [[], undefined, undefined];
      draw();
      if (session) void tell(load);
    });
    draw();
    if (auth.session) await load();
  });
  if (!app) draw();
}

await start();
