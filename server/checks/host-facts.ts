import { statfs } from 'node:fs/promises';
import { insecureSettings } from '../config/insecure.ts';
import { shownSettings } from '../config/shown-settings.ts';
import { VERSION } from '../config/version.ts';
import { recallDoubt } from '../domain/attempts/client-addresses.ts';
import type { WalkDeps } from '../domain/portal/mail-walk.ts';
import type { Config } from '../model/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostCheck, HostFacts } from '../ports/host-facts.ts';
import type { Store } from '../ports/store/store.ts';
import { checkMailWay, checkSms } from './delivery-check.ts';
import { failed, passed } from './finding.ts';
import { checkClock, checkDisk } from './machine-check.ts';
import { checkAddress, checkOrigins, checkProxies } from './network-check.ts';

/** See `HostFacts`; `config` is looked at when somebody asks, for the address may come with the port. */
export function createHostFacts({
  config,
  hostKeyBits,
  clock,
  store,
  delivery,
}: {
  config: Config;
  hostKeyBits: number;
  clock: Clock;
  store: Store;
  delivery: Omit<WalkDeps, 'config'>;
}): HostFacts {
  const now = () => clock.now();
  return {
    version: VERSION,
    node: process.version,
    startedAt: now(),
    get insecure() {
      return insecureSettings(config, hostKeyBits);
    },
    settings: () => shownSettings(config),
    async disk() {
      try {
        const { bavail, bsize, blocks } = await statfs(config.dataDir);
        return { free: bavail * bsize, total: blocks * bsize };
      } catch {
        return undefined;
      }
    },
    async checks() {
      const found = await Promise.all([
        atStart('key pair', `RSA ${hostKeyBits} bit, opens with the pass phrase`),
        leftToSetup('rights'),
        atStart('templates', 'every text and page can be used'),
        checkPing(store),
        atStart('encryption', 'ENCRYPT_KEY opens the data'),
        leftToSetup('records'),
        leftToSetup('user ids'),
        checkClock(config, now),
        checkDisk(config),
        checkMailWay(config, { config, ...delivery }),
        checkSms(config, { config, ...delivery }),
        checkAddress(config),
        checkProxies(config, () => recallDoubt(store.meta, { now: now(), ...config })),
        checkOrigins(config),
      ]);
      return found.flat().filter((check): check is HostCheck => check !== undefined);
    },
  };
}

/** Without it the host would not run. */
function atStart(name: string, detail: string): HostCheck {
  return passed(name, detail);
}

function leftToSetup(name: string): HostCheck {
  return { name, ok: 'unknown', detail: 'npx setup --check looks at it' };
}

async function checkPing(store: Store): Promise<HostCheck> {
  try {
    await store.ping();
    return passed('database', `${store.kind} answers`);
  } catch {
    return failed('database', `${store.kind} does not answer: npx setup --check tells why`);
  }
}
