import { operatorEmail } from '../../server/domain/operators/account.ts';
import { SETUP } from '../../server/domain/operators/audit.ts';
import { issueEntry } from '../../server/domain/operators/entry.ts';
import { type RoleChange, removeOperator } from '../../server/domain/operators/operators.ts';
import { type Config, portalOrigin } from '../../server/model/config.ts';
import { type Operator, ROLES, type Role } from '../../server/model/operator.ts';
import { withOpenHost } from './local-host.ts';

export { ROLES, type Role } from '../../server/model/operator.ts';

/** Somebody who signs in to the portal, without secrets. */
export type ListedOperator = Pick<Operator, 'email' | 'role'> & {
  /** ISO. */
  lastSignIn?: string | undefined;
  secondFactor: boolean;
  /** They have not opened their link yet. */
  invited: boolean;
};

/** Narrows a text to a role. */
export function isRole(text: string): text is Role {
  return ROLES.some((role) => role === text);
}

/** The operators of the portal of this data folder. */
export function listOperators(config: Config): Promise<ListedOperator[]> {
  return withOpenHost(config, async ({ store }) =>
    (await store.operators.list()).map(({ email, role, lastSignIn, totpSecret, enteredAt }) => ({
      email,
      role,
      lastSignIn: lastSignIn === undefined ? undefined : new Date(lastSignIn).toISOString(),
      secondFactor: totpSecret !== undefined,
      invited: enteredAt === undefined,
    })),
  );
}

/**
 * A link that opens the portal once, for somebody new or somebody who keeps their role; undefined for what is
 * no e-mail address.
 */
export function inviteOperator(
  config: Config,
  input: { email: string; role: Role },
): Promise<{ email: string; role: Role; link: string } | undefined> {
  return withOpenHost(config, async (host) => {
    const issued = await issueEntry(host, SETUP, input);
    if (!issued) return undefined;
    const { email, role } = issued.operator;
    return { email, role, link: `${portalOrigin(host.config)}/portal/enter/${issued.secret}` };
  });
}

/** Removes an operator and ends their sessions. */
export function removeOperatorOf(config: Config, email: string): Promise<RoleChange> {
  return withOpenHost(config, async (host) => {
    const operator = await host.store.operators.findByEmail(operatorEmail(email) ?? '');
    return operator ? removeOperator(host, SETUP, operator.id) : 'gone';
  });
}
