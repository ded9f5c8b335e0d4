import { connectTo, StepFailure, Steps, secure } from '../delivery/steps.ts';
import type { AssetObject, S3Place } from '../model/asset.ts';
import type { AssetStorage, StorageStep, StorageStepName } from '../ports/assets/asset-storage.ts';
import type { Clock } from '../ports/clock.ts';
import { MINUTE_MS } from '../tools/duration.ts';
import { networkFault } from '../tools/network-kind.ts';
import { bucketAddress, faultsOf } from './bucket.ts';
import { ForbiddenAddress, type StorageAnswer, type StorageRequest } from './guarded-request.ts';
import { type Guard, partsOf } from './may-ask.ts';
import { repairOf } from './storage-repairs.ts';

const FOLDER = 'cosync-storage-test';
const TYPE = 'text/plain';

/** What the walk asks with. */
interface Tools {
  storage: Pick<AssetStorage, 'writeAddress' | 'readAddress'>;
  ask(request: StorageRequest): Promise<StorageAnswer>;
  signed(method: string, url: string): Promise<StorageRequest>;
}

/** What a storage refused, by the name it gives that. */
class Refusal extends StepFailure {
  readonly code: string;
  constructor(code: string, seen: string) {
    super('refused', seen);
    this.code = code;
  }
}

/**
 * Writes a small object as a device would, looks at it, reads and removes it: `dns tcp tls auth put head get
 * delete`, up to the first step that does not hold.
 */
export async function walkStorage(
  place: S3Place,
  deps: Guard & { clock: Clock },
  tools: Tools,
): Promise<StorageStep[]> {
  const faults = faultsOf(place);
  if (faults.length > 0) {
    const seen = `${faults.join(', ')}: missing, or not what a storage takes`;
    return [
      { step: 'dns', ok: false, ms: 0, seen, repair: `Set ${faults.join(', ')} in the app's settings.` },
    ];
  }
  const steps = new Steps<StorageStepName>();
  let code = '';
  try {
    await reach(steps, place, deps);
    await new Walk(steps, place, deps.clock, tools).go();
  } catch (error) {
    if (error instanceof Refusal) code = error.code;
  }
  return steps.taken.map(({ cause, ...step }) => ({
    ...step,
    ...(step.ok === false && { repair: repairOf(step.step, cause ?? 'broken', code, place) }),
  }));
}

async function reach(steps: Steps<StorageStepName>, place: S3Place, guard: Guard): Promise<void> {
  const address = bucketAddress(place);
  const { protocol, host } = partsOf(address);
  const { port } = new URL(address);
  const isSecure = protocol === 'https:';
  const server = { host, port: Number(port) || (isSecure ? 443 : 80) };
  const socket = await connectTo(steps, server, guard.records, (addresses) => {
    const fault = networkFault(protocol, addresses, guard.privateEndpoints);
    if (fault) throw new Refusal(fault, `${host} is ${addresses.slice(0, 4).join(', ')}, which is not asked`);
  });
  try {
    if (isSecure) await secure(steps, socket, { host, rejectUnauthorized: true });
    else steps.note('tls', performance.now(), { ok: 'unknown', seen: 'the address is plain http' });
  } finally {
    socket.destroy();
  }
}

class Walk {
  readonly #steps: Steps<StorageStepName>;
  readonly #clock: Clock;
  readonly #tools: Tools;
  readonly #place: S3Place;
  readonly #object: AssetObject;
  readonly #text: string;

  constructor(steps: Steps<StorageStepName>, place: S3Place, clock: Clock, tools: Tools) {
    this.#steps = steps;
    this.#place = place;
    this.#clock = clock;
    this.#tools = tools;
    const assetId = String(clock.now());
    const name = `${FOLDER}/${assetId}.txt`;
    this.#object = { appId: '', assetId, userId: FOLDER, part: 'main', name };
    this.#text = `A test of your CoSync Auth host, ${new Date(clock.now()).toISOString()}. It may be removed.\n`;
  }

  async go(): Promise<void> {
    const { bucket } = this.#place;
    await this.#steps.take(
      'auth',
      () => this.#list(),
      () => `the key is accepted and sees ${bucket}`,
    );
    try {
      await this.#steps.take(
        'put',
        () => this.#put(),
        () => `${this.#object.name} is written`,
      );
      await this.#steps.take(
        'head',
        () => this.#head(),
        (etag) => `size and type are right, its ETag is ${etag}`,
      );
      await this.#steps.take(
        'get',
        () => this.#get(),
        () => 'what was written is read',
      );
    } catch (error) {
      await this.#delete().catch(() => undefined);
      throw error;
    }
    await this.#steps.take(
      'delete',
      () => this.#delete(),
      () => 'it is gone',
    );
  }

  /** Asks what is below the folder of the walk: wrong keys and buckets are answered with their names. */
  async #list(): Promise<void> {
    const { origin, pathname } = new URL(bucketAddress(this.#place));
    const url = `${origin}${pathname}?list-type=2&max-keys=1&prefix=${FOLDER}%2F`;
    await this.#asked(await this.#tools.signed('GET', url));
  }

  async #put(): Promise<void> {
    const body = this.#text;
    const wish = { object: this.#object, end: this.#end(), contentType: TYPE, size: Buffer.byteLength(body) };
    const { url, headers } = await this.#tools.storage.writeAddress(wish);
    await this.#asked({
      method: 'PUT',
      url,
      headers: { ...headers, 'Content-Length': String(wish.size) },
      body,
    });
  }

  async #head(): Promise<string> {
    const { headers } = await this.#asked(await this.#tools.signed('HEAD', await this.#plainUrl()));
    const { etag = '', 'content-type': type, 'content-length': length } = headers;
    if (Number(length) !== Buffer.byteLength(this.#text) || type !== TYPE || etag === '')
      throw new Refusal('unlike', `it is said to be ${type}, ${length} bytes, ETag ${etag || 'none'}`);
    return etag;
  }

  async #get(): Promise<void> {
    const url = await this.#tools.storage.readAddress(this.#object, this.#end());
    const { text } = await this.#asked({ method: 'GET', url, headers: {} });
    if (text !== this.#text) throw new Refusal('unlike', 'something else was read than was written');
  }

  async #delete(): Promise<void> {
    await this.#asked(await this.#tools.signed('DELETE', await this.#plainUrl()));
    const { status } = await this.#once(await this.#tools.signed('HEAD', await this.#plainUrl()));
    if (status !== 404) throw new Refusal('stays', `HEAD is answered ${status} after it was removed`);
  }

  #end(): number {
    return this.#clock.now() + 5 * MINUTE_MS;
  }

  async #plainUrl(): Promise<string> {
    const { origin, pathname } = new URL(await this.#tools.storage.readAddress(this.#object, this.#end()));
    return `${origin}${pathname}`;
  }

  async #asked(request: StorageRequest): Promise<StorageAnswer> {
    const answer = await this.#once(request);
    const { status, text } = answer;
    if (status >= 200 && status < 300) return answer;
    // The answer may come from anything that listens there: nothing of it is shown but a name.
    const code = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1] ?? '';
    const seen = `${request.method} is answered ${status}${code && ` ${code}`}`;
    throw new Refusal(code || String(status), seen);
  }

  async #once(request: StorageRequest): Promise<StorageAnswer> {
    try {
      return await this.#tools.ask(request);
    } catch (error) {
      if (error instanceof ForbiddenAddress) throw new Refusal(error.fault, 'its address may not be asked');
      throw error;
    }
  }
}
