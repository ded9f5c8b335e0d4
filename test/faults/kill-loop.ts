/**
 * Kills a working host again and again and asks it afterwards what it remembers: `node
 * test/faults/kill-loop.ts --seconds 60 --store sqlite|mongodb`. Exit code 1 when it forgot or halved
 * anything.
 */
import { randomInt } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { join as joinPath } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Answer, makeDataDir, send } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { startMongod } from '../support/mongod.ts';
import { type Caller, type Ledger, LostAnswer, Person, type World } from './person.ts';

const PEOPLE = 6;
/** Newcomers of each life, so that signups are cut off too, up to what a development app may have. */
const NEWCOMERS = 2;
const MOST_PEOPLE = 40;
/** A host at work for so long, at most, before it is killed (ms). */
const LONGEST_LIFE_MS = 800;
/** Wrong passwords and many codes are part of the exercise. */
const LIMITS = {
  PASSWORD_WAIT_AFTER: '1000',
  CODES_PER_HOUR: '100000',
  CODES_PER_DAY: '1000000',
  MAILS_PER_APP_PER_HOUR: '0',
  SMS_PER_APP_PER_HOUR: '0',
  SMS_PER_PREFIX_PER_HOUR: '0',
  INVITES_PER_USER_PER_DAY: '0',
};

/** How often the host was killed, and what it had acknowledged by then. */
export interface Outcome extends Ledger {
  kills: number;
}

/**
 * Runs for `seconds`, at least two kills and until somebody signed up. Rejects at the first thing that was
 * acknowledged and is not so, or that stands half-done.
 */
export async function killLoop(input: { seconds: number; store: 'sqlite' | 'mongodb' }): Promise<Outcome> {
  const mongod = input.store === 'mongodb' ? await startMongod() : undefined;
  if (input.store === 'mongodb' && !mongod) throw new Error('no MongoDB at hand');
  const { dataDir } = makeDataDir();
  const env = { ...LIMITS, ...(mongod && { DB_CONN_STRING: mongod.url(`kill-${randomInt(2 ** 40)}`) }) };
  const ledger: Ledger = { signups: 0, passwords: 0, codes: 0, suspensions: 0, renewals: 0, lost: 0 };
  const fate = new Fate(dataDir, env);
  try {
    await fate.start();
    const world = await fate.createWorld();
    const people: Person[] = [];
    const join = (newcomers: number) => {
      const room = Math.min(newcomers, MOST_PEOPLE - people.length);
      for (let n = 0; n < room; n++) people.push(new Person(`person${people.length}`, world, ledger));
    };
    join(PEOPLE);
    const end = performance.now() + input.seconds * 1_000;
    let kills = 0;
    while (kills < 2 || ledger.signups === 0 || performance.now() < end) {
      const lives = people.map((person) => actUntilDeath(person, ledger));
      // Where a machine is so slow that nobody got in yet, the next life is longer.
      const longest = LONGEST_LIFE_MS * (ledger.signups === 0 ? kills + 1 : 1);
      await Promise.race([Promise.all(lives), pause(randomInt(20, longest))]);
      await fate.kill();
      kills++;
      await Promise.all(lives);
      await fate.start();
      await Promise.all(people.map((person) => person.settle()));
      join(NEWCOMERS);
    }
    return { kills, ...ledger };
  } finally {
    await fate.kill();
    await mongod?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function actUntilDeath(person: Person, ledger: Ledger): Promise<void> {
  try {
    for (;;) await person.act();
  } catch (error) {
    if (!(error instanceof LostAnswer)) throw error;
    ledger.lost++;
  }
}

/** One host after the other on the same data. */
class Fate {
  readonly #dataDir: string;
  readonly #env: Record<string, string>;
  #agent = new Agent({ keepAlive: true });
  #host: HostProcess | undefined;
  #port = 0;

  constructor(dataDir: string, env: Record<string, string>) {
    this.#dataDir = dataDir;
    this.#env = env;
  }

  async start(): Promise<void> {
    this.#agent = new Agent({ keepAlive: true });
    this.#host = startHostProcess({ dataDir: this.#dataDir, env: this.#env });
    this.#port = await this.#host.listening;
  }

  async kill(): Promise<void> {
    await this.#host?.stop();
    this.#host = undefined;
    this.#agent.destroy();
  }

  /** An app of its own, and how to call it. */
  async createWorld(): Promise<World> {
    const portal = { 'server-secret': await serverSecretOf(this.#dataDir) };
    const created = await this.#post('/api/app', portal, { name: 'kill loop' });
    const { appId, appToken } = created.body;
    const headers = (caller: Caller): Record<string, string> => {
      if (caller === 'portal') return portal;
      return caller === 'app' ? { 'app-token': appToken } : { 'access-token': caller.accessToken };
    };
    return {
      appId,
      call: (caller, path, body) => this.#post(path, headers(caller), body),
      codes: (handle, message) => this.#codes(handle, message),
      wait: async () => {
        if (!this.#host) throw new LostAnswer();
        await pause(20);
      },
    };
  }

  async #post(path: string, headers: Record<string, string>, json: unknown): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await send({
        agent: this.#agent,
        port: this.#port,
        method: 'POST',
        path,
        input: { headers, json },
      });
    } catch (cause) {
      throw new LostAnswer(path, { cause });
    }
    if (answer.status === 503) throw new LostAnswer(path);
    return answer;
  }

  #codes(handle: string, message: string): string[] {
    const lines = readFileSync(joinPath(this.#dataDir, 'outbox.jsonl'), {
      encoding: 'utf8',
      flag: 'a+',
    }).split('\n');
    return lines
      .filter((line) => line.includes(`"${handle}"`) && line.endsWith('}'))
      .map((line) => JSON.parse(line))
      .filter((line) => line.message === message)
      .map((line) => String(line.code));
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, store: { type: 'string', default: 'sqlite' } },
  });
  if (values.store !== 'sqlite' && values.store !== 'mongodb') throw new TypeError('--store sqlite|mongodb');
  const outcome = await killLoop({ seconds: Number(values.seconds), store: values.store });
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
