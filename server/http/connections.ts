import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { Channel } from './channel.ts';
import { addressBucket } from './frame/client-address.ts';

const MOST_CONNECTIONS = 8192;
const FEWEST_CONNECTIONS = 256;
/** What a connection may hold at worst: as many requests with the longest headers as one may have open. */
const CONNECTION_BYTES = 256 * 1024;
/** Enough for an office behind one address; one without a proxy in front. */
const MOST_PER_ADDRESS = 256;
const STALLED_MS = 30_000;
/** Looks at every connection, and takes this for "stalled" so many times in a row. */
const LOOKS = 15;
const BODY_MS = 120_000;

export interface ConnectionLimits {
  readonly most: number;
  /** By `addressBucket`. */
  readonly mostPerAddress: number;
  /** An answer that makes no progress for so long ends its connection. */
  readonly stalledMs: number;
  /** A body that is not complete after so long ends it too, but one of those that may take their time. */
  readonly bodyMs: number;
}

/** What this machine and these settings allow. Behind proxies every connection is a proxy's. */
export function connectionLimits({ trustProxyHops }: { trustProxyHops: number }): ConnectionLimits {
  return {
    most: mostConnections(),
    mostPerAddress: trustProxyHops === 0 ? MOST_PER_ADDRESS : Number.POSITIVE_INFINITY,
    stalledMs: STALLED_MS,
    bodyMs: BODY_MS,
  };
}

function mostConnections(): number {
  // 0 or beyond the machine's own where nothing limits the process.
  const constrained = process.constrainedMemory() || totalmem();
  const memory = Math.min(constrained, totalmem(), getHeapStatistics().heap_size_limit);
  const fitting = Math.floor(memory / 2 / CONNECTION_BYTES);
  return Math.max(FEWEST_CONNECTIONS, Math.min(MOST_CONNECTIONS, fitting));
}

/**
 * At most so many connections at a time, and so many of one address. A newcomer beyond takes the place of
 * the one (of that address) that has been without a request for longest, or else of the one whose body has
 * been on its way for longest, so that nobody who holds connections and says nothing, or drips, keeps others
 * out. Those whose answers nobody reads are ended.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  /** Those with no request being answered, longest first, each with the number of its turn. */
  readonly #waiting = new Map<Channel, number>();
  readonly #busy = new Set<Channel>();
  readonly #byAddress = new Map<string, Set<Channel>>();
  readonly #timer: NodeJS.Timeout;
  #turn = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
    this.#timer = setInterval(() => this.#endStalled(), limits.stalledMs / LOOKS).unref();
  }

  /** Makes room for it, or cuts it when there is none. */
  opened(channel: Channel): void {
    const bucket = addressBucket(channel.remoteAddress);
    const own = this.#byAddress.get(bucket) ?? new Set();
    const makesRoom =
      (own.size < this.#limits.mostPerAddress ||
        this.#cut(this.#longestWaiting(own) ?? this.#receiving(own))) &&
      (this.#waiting.size + this.#busy.size < this.#limits.most ||
        this.#cut(this.#waiting.keys().next().value ?? this.#receiving()));
    if (!makesRoom) {
      channel.socket.destroy();
      return;
    }
    this.#byAddress.set(bucket, own.add(channel));
    this.#waits(channel);
    channel.socket.once('close', () => this.#forget(channel));
  }

  /** The headers of a request are complete. */
  asked(channel: Channel): void {
    if (this.#waiting.delete(channel)) this.#busy.add(channel);
  }

  /** An answer is out, or it broke off. Without another one under way the connection waits again. */
  answered(channel: Channel): void {
    if (channel.open === 0 && this.#busy.delete(channel)) this.#waits(channel);
  }

  /** Nothing is ended any more because it stalls. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #waits(channel: Channel): void {
    this.#turn++;
    this.#waiting.set(channel, this.#turn);
  }

  #longestWaiting(channels: Iterable<Channel>): Channel | undefined {
    let longest: Channel | undefined;
    let turn = Number.POSITIVE_INFINITY;
    for (const channel of channels) {
      const own = this.#waiting.get(channel) ?? Number.POSITIVE_INFINITY;
      if (own < turn) [longest, turn] = [channel, own];
    }
    return longest;
  }

  /** The one (of these) whose request has been incomplete for longest. */
  #receiving(channels?: ReadonlySet<Channel>): Channel | undefined {
    for (const channel of this.#busy)
      if (channel.isReceiving && (!channels || channels.has(channel))) return channel;
    return undefined;
  }

  #cut(channel: Channel | undefined): boolean {
    if (!channel) return false;
    this.#forget(channel);
    channel.socket.destroy();
    return true;
  }

  #forget(channel: Channel): void {
    this.#waiting.delete(channel);
    this.#busy.delete(channel);
    const bucket = addressBucket(channel.remoteAddress);
    const own = this.#byAddress.get(bucket);
    own?.delete(channel);
    if (own?.size === 0) this.#byAddress.delete(bucket);
  }

  #endStalled(): void {
    for (const channels of [this.#waiting.keys(), this.#busy]) {
      for (const channel of channels) {
        if (channel.stalls() >= LOOKS || channel.isLate(this.#limits.bodyMs)) channel.socket.destroy();
      }
    }
  }
}
