import { z } from 'zod';
import { onlyAppToken } from '../../../domain/apps/only-app.ts';
import { HostError } from '../../../model/errors.ts';
import { openRoute, type Route } from '../../route.ts';
import { pageRoutes } from './page-file.ts';

const file = (name: string) => new URL(`../../../../samples/web/${name}`, import.meta.url);
const part = (name: string) => ({ file: () => file(name) });

const ANYWHERE = 'https: http://localhost:* http://127.0.0.1:*';

/** Pages that do everything a user of an app can do, on the host's own client; for development. */
export const sampleRoutes: Route[] = [
  ...pageRoutes({
    path: '/sample',
    summary: 'A sample page that does everything a user can do.',
    html: file('index.html'),
    files: {
      'sample.js': part('sample.js'),
      'actions.js': part('actions.js'),
      'texts.js': part('texts.js'),
      'token.js': part('token.js'),
      'page.js': part('page.js'),
      'files.js': part('files.js'),
      'files-texts.js': part('files-texts.js'),
      'sample.css': part('sample.css'),
      'files.css': part('files.css'),
    },
    policy:
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    isOn: ({ sample }) => sample === 'on',
  }),
  ...pageRoutes({
    path: '/sample/files',
    summary: 'A sample page that does everything a user can do with files.',
    html: file('files.html'),
    files: {},
    // Files lie in whatever bucket the app has, and on this machine by its other names.
    policy: `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: ${ANYWHERE}; media-src blob:; connect-src 'self' ${ANYWHERE}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    isOn: ({ sample }) => sample === 'on',
  }),
  openRoute({
    method: 'GET',
    path: '/sample/app.json',
    summary: 'The app of the sample page where there is no choice.',
    answer: z.object({ appToken: z.string().optional() }),
    errors: ['not_found'],
    async respond({ deps }) {
      if (deps.config.sample !== 'on') throw new HostError('not_found');
      return { appToken: await onlyAppToken(deps) };
    },
  }),
];
