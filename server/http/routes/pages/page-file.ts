import { readFile } from 'node:fs/promises';
import { HostError } from '../../../model/errors.ts';
import type { Deps } from '../../../ports/deps.ts';
import { onceDone } from '../../../tools/once.ts';
import { openRoute, PageReply, type Route, TextReply } from '../../route.ts';

/** A page with scripts, as files: nothing of it is read before somebody asks; then it is kept. */
export interface PageOfFiles {
  /** Where it stands, such as `/docs`; its files stand below. */
  path: string;
  summary: string;
  html: URL;
  /** By their name in the address: the file, and whether the address changes with its content. */
  files: Readonly<Record<string, { file: () => string | URL; lasting?: boolean }>>;
  policy: string;
  isOn(config: Deps['config']): boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** The routes of a page: itself, with `{{BASE}}` as the path of the host's public address, and its files. */
export function pageRoutes({ path, summary, html, files, policy, isOn }: PageOfFiles): Route[] {
  const requireOn = ({ config }: Deps) => {
    if (!isOn(config)) throw new HostError('not_found');
  };
  const text = onceDone(() => readFile(html, 'utf8'));
  const page = openRoute({
    method: 'GET',
    path,
    summary,
    page: true,
    answer: { media: 'text/html' },
    errors: ['not_found'],
    async respond({ deps }) {
      requireOn(deps);
      const base = new URL(deps.config.apiUrl).pathname.replace(/\/$/, '');
      return new PageReply((await text()).replaceAll('{{BASE}}', base), 200, { policy });
    },
  });
  const parts = Object.entries(files).map(([name, { file, lasting = false }]) => {
    const contentType = TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const content = onceDone(() => readFile(file()));
    return openRoute({
      method: 'GET',
      path: `${path}/${name}`,
      summary: `A file of ${path}.`,
      answer: { media: contentType.split(';', 1)[0] ?? '' },
      errors: ['not_found'],
      async respond({ deps }) {
        requireOn(deps);
        const cacheControl = lasting ? 'public, max-age=31536000, immutable' : 'no-cache';
        return new TextReply(await content(), { contentType, cacheControl });
      },
    });
  });
  return [page, ...parts];
}
