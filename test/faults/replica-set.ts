import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { findBinary, launch, onAdmin } from '../support/mongod.ts';

/** Several mongods that elect a primary among themselves. */
export interface ReplicaSet {
  url(database: string): string;
  /** The primary hands its role over, as for an update of its machine. */
  stepDown(): Promise<void>;
  /** SIGKILL to the primary, as a power cut. */
  killPrimary(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts that many members on free loopback ports; the election time-out is 2 s instead of 10. */
export async function startReplicaSet(size: number): Promise<ReplicaSet> {
  const binary = await findBinary();
  const folder = await mkdtemp(join(tmpdir(), 'replica-set-'));
  const members = new Map<number, ChildProcess>();
  process.once('exit', () => {
    for (const member of members.values()) member.kill('SIGKILL');
  });
  const start = async () => {
    const port = await freePort();
    members.set(port, await launch(binary, await mkdtemp(join(folder, 'member-')), port));
  };
  await Promise.all(Array.from({ length: size }, start));
  const ports = [...members.keys()];
  await onAdmin(Number(ports[0]), {
    replSetInitiate: {
      _id: 'test',
      members: ports.map((port, _id) => ({ _id, host: `127.0.0.1:${port}` })),
      settings: { electionTimeoutMillis: 2_000 },
    },
  });

  async function primary(): Promise<number> {
    for (;;) {
      for (const port of members.keys()) {
        if ((await onAdmin(port, { hello: 1 })).isWritablePrimary) return port;
      }
      await pause(50);
    }
  }
  async function kill(port: number): Promise<void> {
    const member = members.get(port);
    members.delete(port);
    if (!member) return;
    const gone = once(member, 'exit');
    member.ref();
    member.kill('SIGKILL');
    await gone;
  }
  await primary();

  return {
    url: (database) => {
      const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
      return `mongodb://${hosts}/${database}?replicaSet=test`;
    },
    async stepDown() {
      await onAdmin(await primary(), { replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 });
    },
    killPrimary: async () => kill(await primary()),
    async stop() {
      await Promise.all([...members.keys()].map(kill));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
