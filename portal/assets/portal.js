// Comfort on top of pages that work without it. No markup is made from text here.
const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);

function say(text) {
  const place = find('[data-said]');
  if (place) place.textContent = text;
}

// Theme: as the form would, without asking the server.
find('[data-theme-form]')?.addEventListener('submit', (event) => {
  event.preventDefault();
  const isDark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
  // biome-ignore lint/suspicious/noDocumentCookie: Cookie Store is not everywhere yet.
  document.cookie = (root.dataset.themeCookie ?? '').replace('THEME', root.dataset.theme);
});

// Forms of one select send themselves.
for (const form of document.querySelectorAll('form[data-auto]')) {
  form.addEventListener('change', () => form.requestSubmit());
}

// Copy buttons.
function readyCopying(within) {
  for (const button of within.querySelectorAll('[data-copy]')) button.hidden = !navigator.clipboard;
}
document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-copy]');
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  say(button.dataset.copied);
  const before = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => {
    button.textContent = before;
  }, 1500);
});
readyCopying(document);

// One box ticks every row of the page.
function readySelecting(within) {
  for (const box of within.querySelectorAll('[data-select-all]')) box.hidden = false;
}
document.addEventListener('change', (event) => {
  if (!event.target.matches?.('[data-select-all]')) return;
  for (const box of document.querySelectorAll('[data-row] input[type=checkbox]'))
    box.checked = event.target.checked;
});
readySelecting(document);

// A file of text is read into the area above it: the form sends text alone.
for (const place of document.querySelectorAll('[data-file-into]')) {
  place.hidden = false;
  find('input', place).addEventListener('change', async ({ target }) => {
    const area = document.getElementById(place.dataset.fileInto);
    if (target.files[0]) area.value = await target.files[0].text();
    area.focus();
  });
}

// A page that came from elsewhere asks for itself again, now from here.
find('a[data-follow]')?.click();

// After a swap the heading of what came in has the focus.
document.addEventListener('htmx:after:swap', (event) => {
  const place = event.target instanceof Element ? event.target : document;
  readyCopying(place);
  readySelecting(place);
  const heading = find('h1, h2', place);
  if (!heading || !place.matches?.('main, [data-focus]')) return;
  heading.tabIndex = -1;
  heading.focus();
});

// A refused field is where a person goes on.
find('[aria-invalid="true"]')?.focus();

// Keyboard map: off in fields, with a modifier, and where the operator switched it off.
const rows = () => [...document.querySelectorAll('[data-row]')];
let awaitsGo = false;

function move(step) {
  const all = rows();
  const at = all.indexOf(document.activeElement?.closest?.('[data-row]'));
  all[Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
}

const KEYS = {
  '/': () => find('[data-search]')?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => find('input[type=checkbox]', document.activeElement)?.click(),
  Enter: () => document.activeElement?.matches?.('[data-row]') && find('a', document.activeElement)?.click(),
  '?': () => find('dialog[data-keys]')?.showModal(),
};

document.addEventListener('keydown', (event) => {
  const isTyping = event.target.closest?.('input, select, textarea, [contenteditable]');
  const isOff = document.body.dataset.keyboard === 'off';
  if (isOff || isTyping || event.ctrlKey || event.metaKey || event.altKey || find('dialog[open]')) return;
  if (awaitsGo) {
    awaitsGo = false;
    const link = /^[a-z]$/.test(event.key) && find(`[data-go="${event.key}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  if (event.key === 'g') {
    awaitsGo = true;
    setTimeout(() => {
      awaitsGo = false;
    }, 1500);
    return;
  }
  const act = KEYS[event.key];
  if (!act) return;
  if (event.key !== 'Enter') event.preventDefault();
  act();
});

// What is typed is shown soon after: the form is sent into a new frame, so that Back knows nothing of it.
for (const form of document.querySelectorAll('form[data-live]')) {
  const button = find('[data-live-button]', form);
  let waiting;
  let count = 0;
  const show = () => {
    const frames = [...form.querySelectorAll('iframe')];
    const fresh = frames.at(-1).cloneNode();
    fresh.removeAttribute('src');
    count += 1;
    fresh.name = `preview-${count}`;
    fresh.hidden = true;
    frames.at(-1).after(fresh);
    fresh.addEventListener('load', () => {
      for (const frame of frames) frame.remove();
      fresh.hidden = false;
    });
    button.formTarget = fresh.name;
    form.requestSubmit(button);
  };
  form.addEventListener('input', (event) => {
    if (event.target.name === 'to' || event.target.name === 'language') return;
    clearTimeout(waiting);
    waiting = setTimeout(show, 300);
  });
  if (find('[aria-invalid="true"]', form)) show();
}
