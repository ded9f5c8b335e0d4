// What the pages of the sample share: the host, the app, the language, and how things are made and told.
export const HOST = new URL('..', import.meta.url).href.replace(/\/$/, '');

export const find = (id) => document.querySelector(`#${id}`);
export const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function reasonOf(error) {
  const { code, message, reason, field, unmet, retryAfter } = error;
  return [code, reason, field, unmet?.join(', '), retryAfter && `${retryAfter} s`, message]
    .filter(Boolean)
    .join(' · ');
}

/** Offers the languages there are texts in, the browser's first; answers which one is chosen. */
export function languages(texts, draw) {
  const preferred = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in texts);
  const names = { en: 'English', de: 'Deutsch' };
  find('language').append(
    ...Object.keys(texts).map((tag) =>
      make('option', { value: tag, selected: tag === preferred }, names[tag]),
    ),
  );
  find('language').addEventListener('change', draw);
  return () => find('language').value;
}

/** Of the address, else of the only app of a host on this machine; undefined where there is a choice. */
export async function appTokenOf({ search }) {
  const given = new URLSearchParams(search).get('appToken');
  return given ?? (await (await fetch(`${HOST}/sample/app.json`)).json()).appToken;
}
