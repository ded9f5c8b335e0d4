import type { Operator } from '../../server/model/operator.ts';
import { HERE } from '../host-client.ts';
import { type Action, accessOf } from '../roles.ts';

interface Entry {
  text: string;
  href: string;
  may: Action;
  /** The letter after `g`. */
  key?: string;
}
const OPERATORS = '/portal/operators';
const AUDIT = '/portal/audit';

/** The bar of every page, as far as this operator may open it; the entry they are at is marked. */
export function navigationFor(operator: Operator, path: string) {
  const [, host = HERE] = /^\/portal\/hosts\/([^/]+)\/apps(?:\/|$)/.exec(path) ?? [];
  const apps = `/portal/hosts/${host}/apps`;
  const entries: Entry[] = [
    { text: 'nav.hosts', href: '/portal/hosts', may: 'seeHosts', key: 'h' },
    { text: 'apps', href: apps, may: 'seeApps', key: 'a' },
    { text: 'nav.operators', href: OPERATORS, may: 'manageOperators' },
    { text: 'nav.audit', href: AUDIT, may: 'seeAudit' },
  ];
  const at = entries
    .map(({ href }) => href)
    .filter((href) => path === href || path.startsWith(`${href}/`))
    .sort((one, other) => other.length - one.length)[0];
  return entries
    .filter(({ may }) => accessOf(operator, may) !== 'none')
    .map(({ text, href, key }) => ({ text, href, key, current: href === at }));
}
