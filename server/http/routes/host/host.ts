import { hostOverview } from '../../../domain/portal/host.ts';
import { portalRoute } from '../../route.ts';
import { checksAnswer, hostAnswer, settingsAnswer, wireHost } from '../../wire/host.ts';

/** The running host (additions §3). */
export const hostRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/host',
    summary: 'The running host: version, database, providers, counts and its machine.',
    answer: hostAnswer,
    errors: [],
    respond: async ({ deps }) => wireHost(await hostOverview(deps)),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/host/settings',
    summary: 'Every setting as it holds, with its origin; secrets without a value.',
    answer: settingsAnswer,
    errors: [],
    respond: ({ deps }) => deps.host.settings(),
  }),
  portalRoute({
    method: 'GET',
    path: '/api/host/checks',
    summary: 'What npx setup --check looks at, as far as a running host can.',
    answer: checksAnswer,
    errors: [],
    respond: ({ deps }) => deps.host.checks(),
  }),
];
