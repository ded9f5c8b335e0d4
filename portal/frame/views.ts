import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import Handlebars from 'handlebars';
import type { Texts } from './texts.ts';

const FOLDER = new URL('../../templates/portal/', import.meta.url);
type Render = (model: Record<string, unknown>) => string;

/** Helpers that templates may call, and no others. */
const HELPERS = ['t', 'time', 'number', 'eq'] as const;

/**
 * Renders templates; each is compiled at its first use. Whatever a template prints is escaped: the one text
 * that goes in as markup is the rendered view inside the layout.
 */
export class Views {
  readonly #handlebars = Handlebars.create();
  readonly #compiled = new Map<string, Render>();

  constructor() {
    for (const file of globSync('parts/*.hbs', { cwd: FOLDER })) {
      this.#handlebars.registerPartial(basename(file, '.hbs'), readFileSync(new URL(file, FOLDER), 'utf8'));
    }
    const textsOf = (options: Handlebars.HelperOptions) => options.data.root.texts as Texts;
    this.#handlebars.registerHelper({
      t: (name: string, options: Handlebars.HelperOptions) => textsOf(options).say(name, options.hash),
      eq: (one: unknown, other: unknown) => one === other,
      number: (value: number, options: Handlebars.HelperOptions) => textsOf(options).number(value),
      time: (at: number | string | undefined, options: Handlebars.HelperOptions) =>
        at === undefined ? '–' : timeElement(this.#handlebars, textsOf(options), new Date(at).getTime()),
    });
  }

  /** A view without its layout. */
  part(view: string, model: Record<string, unknown>): string {
    return this.#renderer(view)(model);
  }

  /** A whole page; where it shows times, it says once whose they are. */
  page(view: string, model: Record<string, unknown>): string {
    const html = this.part(view, model);
    const zone = html.includes('<time ') ? (model.texts as Texts).zone : undefined;
    return this.#renderer('layout')({ ...model, zone, body: new this.#handlebars.SafeString(html) });
  }

  #renderer(view: string): Render {
    let render = this.#compiled.get(view);
    if (!render) {
      const knownHelpers = Object.fromEntries(HELPERS.map((name) => [name, true]));
      const source = readFileSync(new URL(`${view}.hbs`, FOLDER), 'utf8');
      render = this.#handlebars.compile(source, {
        strict: true,
        knownHelpersOnly: true,
        knownHelpers,
      }) as Render;
      this.#compiled.set(view, render);
    }
    return render;
  }
}

function timeElement({ SafeString, escapeExpression }: typeof Handlebars, texts: Texts, at: number) {
  const iso = new Date(at).toISOString();
  const shown = escapeExpression(texts.time(at));
  return new SafeString(
    `<time datetime="${iso}" title="${iso.slice(0, 19).replace('T', ' ')} UTC">${shown}</time>`,
  );
}
