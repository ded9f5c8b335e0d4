import type { Operator } from '../../server/model/operator.ts';
import { type Action, accessOf } from '../roles.ts';

/** The bar of every page: text, address, who may see it, and the letter after `g`. */
const ENTRIES: readonly { text: string; href: string; may: Action; key?: string }[] = [
  { text: 'nav.hosts', href: '/portal/hosts', may: 'seeHosts', key: 'h' },
  { text: 'nav.operators', href: '/portal/operators', may: 'manageOperators' },
  { text: 'nav.audit', href: '/portal/audit', may: 'seeAudit' },
];

/** The entries an operator sees, the one they are at marked. */
export function navigationFor(operator: Operator, path: string) {
  return ENTRIES.filter(({ may }) => accessOf(operator, may) !== 'none').map(({ text, href, key }) => ({
    text,
    href,
    key,
    current: path === href || path.startsWith(`${href}/`),
  }));
}
