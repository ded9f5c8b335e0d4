import { createServer } from 'node:net';
import { within } from '../tools/deadline.ts';
import type { GivenSettings } from './setting-sources.ts';
import { SETTINGS } from './settings.ts';

const NAME_SERVICE_MS = 5_000;
/**
 * What the system answers for an address that is not of this machine, and the resolver for a name that is
 * none.
 */
const NOT_HERE = /^(?:EADDRNOTAVAIL|EINVAL|ENOTFOUND|EAI_\w+)$/;

/**
 * Shells and tool chains set HOST to names of their own. One from the environment on which this machine
 * cannot listen is put among the ignored; one that stands in `host.env` or was answered is a problem.
 */
export async function settleListeningAddress(given: GivenSettings): Promise<void> {
  const text = given.texts.HOST;
  if (text === undefined || (await isOfThisMachine(SETTINGS.HOST.parse(text)))) return;
  delete given.texts.HOST;
  if (given.fromEnvironment.has('HOST')) given.ignored.push('HOST');
  else {
    const problem = `is ${JSON.stringify(text)}, which is no address of this machine`;
    given.problems.push({ name: 'HOST', problem, repair: SETTINGS.HOST.repair });
  }
}

/** Whether a server could listen there: the system is asked, on a port of its choice. */
function isOfThisMachine(host: string): Promise<boolean> {
  const listening = new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(!('code' in error && NOT_HERE.test(String(error.code)))));
    probe.listen({ host, port: 0 }, () => probe.close(() => resolve(true)));
    probe.unref();
  });
  return within(NAME_SERVICE_MS, listening, () => new Error('no answer')).catch(() => false);
}
