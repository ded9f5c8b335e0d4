import type { App } from '../../client/host/apps.ts';
import { keepsAssets } from '../files/usage.ts';
import type { Request } from '../frame/route.ts';
import { type Action, accessOf } from '../roles.ts';

/** Screens of an app in the order of its bar: the address below its home, and the letter after `g`. */
const SCREENS: readonly { text: string; path: string; may: Action; key?: string }[] = [
  { text: 'appBar.home', path: '', may: 'seeApps' },
  { text: 'appBar.users', path: '/users', may: 'seeUsers', key: 'u' },
  { text: 'appBar.signups', path: '/signups', may: 'seeUsers' },
  { text: 'appBar.invites', path: '/invites', may: 'seeUsers', key: 'i' },
  { text: 'appBar.messages', path: '/messages', may: 'seeDelivery', key: 'm' },
  { text: 'appBar.numbers', path: '/numbers', may: 'seeNumbers', key: 'n' },
  { text: 'appBar.logs', path: '/logs', may: 'seeLogs', key: 'l' },
  { text: 'appBar.assets', path: '/assets', may: 'seeAssets' },
  { text: 'appBar.keys', path: '/keys', may: 'useKeys', key: 'k' },
  { text: 'appBar.settings', path: '/settings', may: 'seeSettings' },
  { text: 'appBar.data', path: '/data', may: 'useData' },
];
const declared = new Set<string>();

/** Says that there is a screen at this address below an app's home. */
export function declareScreen(path: string): void {
  declared.add(path);
}

/** The way to an app, and its screens that this operator may open, the one they are at marked. */
export async function appBar(
  { hosts, operator, path, texts }: Request,
  { app, base, hostId }: { app: App; base: string; hostId: string },
) {
  const known = await hosts();
  const host = known.find(({ id }) => id === hostId);
  const apps = `/portal/hosts/${hostId}/apps`;
  const way = [
    ...(known.length > 1 ? [{ href: '/portal/hosts', label: texts.say('nav.hosts') }] : []),
    { href: apps, label: known.length > 1 ? (host?.name ?? hostId) : texts.say('apps') },
  ];
  const below = path.slice(base.length);
  const isAt = (own: string) => (own === '' ? below === '' : below === own || below.startsWith(`${own}/`));
  // Where an app keeps no files nobody has to pass by their screen.
  const isHidden = (own: string) => own === '/assets' && !keepsAssets(app) && !isAt(own);
  const screens = SCREENS.filter(
    (screen) =>
      declared.has(screen.path) && accessOf(operator, screen.may) !== 'none' && !isHidden(screen.path),
  ).map(({ text, path: own, key }) => ({
    href: base + own,
    text,
    key,
    current: isAt(own),
  }));
  return { name: app.name, home: base, way, screens };
}
