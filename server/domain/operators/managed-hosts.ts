import { isHostError } from '../../model/errors.ts';
import type { ManagedHost } from '../../model/operator.ts';
import type { Deps } from '../../ports/deps.ts';
import { change } from '../users/change.ts';
import { type Actor, type AuditDeps, recordAudit } from './audit.ts';

type HostDeps = AuditDeps & Pick<Deps, 'events'>;

/** What an owner says of a host; an absent secret leaves the one that is there. */
export type HostInput = Pick<ManagedHost, 'name' | 'url' | 'privateAllowed'> & {
  serverSecret?: string | undefined;
};
export type HostChange = 'done' | 'taken' | 'gone';

/** Registers a host under a name that no other has. */
export async function addHost(
  deps: HostDeps,
  actor: Actor,
  { serverSecret = '', ...input }: HostInput,
): Promise<HostChange> {
  const now = deps.clock.now();
  const id = deps.codes.newRowId(now);
  const host = { id, revision: 1, ...input, serverSecret, createdAt: now, updatedAt: now };
  const done = await unlessTaken(() => deps.store.managedHosts.insert(host));
  if (done === 'taken') return done;
  await recordAudit(deps, actor, {
    action: 'addHost',
    host: id,
    target: input.name,
    changes: [{ field: 'url', after: input.url }, { field: 'serverSecret' }],
  });
  return 'done';
}

/** Changes a host. */
export async function editHost(
  deps: HostDeps,
  actor: Actor,
  { id, serverSecret, ...input }: HostInput & { id: string },
): Promise<HostChange> {
  const { managedHosts } = deps.store;
  let changed: Awaited<ReturnType<typeof change<ManagedHost>>>;
  const done = await unlessTaken(async () => {
    changed = await change(
      deps.clock,
      managedHosts,
      () => managedHosts.find(id),
      (host) => ({
        ...host,
        ...input,
        ...(serverSecret !== undefined && { serverSecret }),
        updatedAt: deps.clock.now(),
      }),
    );
  });
  if (done === 'taken') return done;
  if (!changed) return 'gone';
  const { before, after } = changed;
  await recordAudit(deps, actor, {
    action: 'editHost',
    host: id,
    target: after.name,
    changes: [
      ...(['name', 'url'] as const)
        .filter((field) => before[field] !== after[field])
        .map((field) => ({ field, before: before[field], after: after[field] })),
      ...(before.privateAllowed === after.privateAllowed
        ? []
        : [
            {
              field: 'privateAllowed',
              before: String(before.privateAllowed),
              after: String(after.privateAllowed),
            },
          ]),
      ...(serverSecret === undefined ? [] : [{ field: 'serverSecret' }]),
    ],
  });
  return 'done';
}

/** Forgets a host and its secret. */
export async function removeHost(deps: HostDeps, actor: Actor, id: string): Promise<HostChange> {
  const host = await deps.store.managedHosts.find(id);
  if (!host || !(await deps.store.managedHosts.remove(id))) return 'gone';
  await recordAudit(deps, actor, { action: 'removeHost', host: id, target: host.name });
  return 'done';
}

async function unlessTaken(write: () => Promise<void>): Promise<'done' | 'taken'> {
  try {
    await write();
    return 'done';
  } catch (error) {
    if (isHostError(error, 'handle_taken')) return 'taken';
    throw error;
  }
}
