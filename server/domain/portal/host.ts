import type { MailWay } from '../../ports/delivery/mailer.ts';
import type { SmsWay } from '../../ports/delivery/texter.ts';
import type { Deps } from '../../ports/deps.ts';
import { META } from '../../ports/store/meta.ts';

type HostDeps = Pick<Deps, 'config' | 'host' | 'store' | 'mailer' | 'texter' | 'passwords' | 'origin'>;

/** The running host as its operator sees it (additions §3). */
export interface HostOverview {
  name: string;
  apiUrl: string;
  version: string;
  node: string;
  startedAt: number;
  database: { kind: 'sqlite' | 'mongodb'; ok: boolean };
  mail: Pick<MailWay, 'kind' | 'from'>;
  sms: Pick<SmsWay, 'kind'>;
  insecure: readonly string[];
  apps: number;
  /** At most a minute old. */
  users: number;
  disk: { free: number; total: number } | undefined;
  lastBackupAt: number | undefined;
  hashQueue: number;
  clientAddress: string | undefined;
}

/** Facts, and counts of all apps together. */
export async function hostOverview(deps: HostDeps): Promise<HostOverview> {
  const { config, host, store, mailer, texter, passwords, origin } = deps;
  const { version, node, startedAt, insecure } = host;
  const [disk, counts, lastBackupAt] = await Promise.all([
    host.disk(),
    countEverybody(deps),
    store.meta.get(META.lastBackupAt),
  ]);
  const { kind, from } = mailer.way(undefined);
  return {
    name: config.serverName,
    apiUrl: config.apiUrl,
    version,
    node,
    startedAt,
    insecure,
    disk,
    // The counts come from there.
    database: { kind: store.kind, ok: true },
    mail: { kind, from },
    sms: { kind: texter.way(undefined).kind },
    ...counts,
    lastBackupAt: lastBackupAt === undefined ? undefined : Number(lastBackupAt),
    hashQueue: passwords.waiting,
    clientAddress: origin.address(),
  };
}

async function countEverybody({ store }: Pick<Deps, 'store'>): Promise<{ apps: number; users: number }> {
  let [apps, users] = [0, 0];
  for await (const { id } of store.apps.stream()) {
    apps++;
    users += (await store.users.total(id)).rows;
  }
  return { apps, users };
}
