import { createRequire } from 'node:module';
import { pageRoutes } from './page-file.ts';

const require = createRequire(import.meta.url);
const own = (name: string) => new URL(`../../../../templates/reference/${name}`, import.meta.url);
const viewer = (name: string) => ({ file: () => require.resolve(`swagger-ui-dist/${name}`), lasting: true });

/**
 * The reference of the API in a browser. The viewer asks nobody but this host; it writes styles into its
 * elements, which is why they are allowed.
 */
export const docsRoutes = pageRoutes({
  path: '/docs',
  summary: 'The reference of every route, to be read and tried.',
  html: own('page.html'),
  files: {
    // The version stands in the address: a browser keeps them for good.
    'viewer-5.35.0.js': viewer('swagger-ui-bundle.js'),
    'viewer-5.35.0.css': viewer('swagger-ui.css'),
    'start.js': { file: () => own('start.js') },
    'page.css': { file: () => own('page.css') },
  },
  policy:
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  isOn: ({ apiDocs }) => apiDocs === 'on',
});
