import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { DnsRecords } from '../ports/delivery/dns-records.ts';
import type { DeliveryStep, StepCause, TakenStep } from '../ports/delivery/walk.ts';
import { within } from '../tools/deadline.ts';
import { SEND_MS } from './deadline.ts';
import { errorCode } from './provider-error.ts';

/** Why a step did not hold, and what was seen of it. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  override readonly cause: StepCause;
  readonly seen: string;
  constructor(cause: StepCause, seen: string) {
    super(`${cause}: ${seen}`);
    this.cause = cause;
    this.seen = seen;
  }
}

/** Steps as they are taken, each with its time. */
export class Steps<Step = DeliveryStep> {
  readonly taken: TakenStep<Step>[] = [];

  /**
   * Does a step in 5 s at most; `describe` says what was seen. Throws `StepFailure` when it does not hold.
   */
  async take<T>(step: Step, work: () => Promise<T>, describe: (result: T) => string): Promise<T> {
    const startedAt = performance.now();
    try {
      const late = () => new StepFailure('silent', `no answer within ${SEND_MS / 1000} s`);
      const result = await within(SEND_MS, work(), late);
      this.note(step, startedAt, { ok: true, seen: describe(result) });
      return result;
    } catch (error) {
      const { cause, seen } = asStepFailure(error);
      this.note(step, startedAt, { ok: false, seen, cause });
      throw error;
    }
  }

  /** Adds a step that ended now, or `until` then (`performance.now`). */
  note(
    step: Step,
    startedAt: number,
    outcome: Pick<TakenStep, 'ok' | 'seen' | 'cause'>,
    until = performance.now(),
  ): void {
    this.taken.push({ step, ms: Math.max(0, Math.round(until - startedAt)), ...outcome });
  }

  /** Takes a step back that seemed to hold: the port answered, and nobody spoke. */
  takeBack(step: Step): void {
    const index = this.taken.findLastIndex((taken) => taken.step === step);
    if (index >= 0) this.taken.splice(index, 1);
  }

  /** What was taken when `walk` ended, well or at a step that did not hold. */
  static async of(walk: (steps: Steps) => Promise<void>): Promise<TakenStep[]> {
    const steps = new Steps();
    await walk(steps).catch(() => undefined);
    return steps.taken;
  }
}

function asStepFailure(error: unknown): Pick<StepFailure, 'cause' | 'seen'> {
  return error instanceof StepFailure ? error : failureOfCode(errorCode(error));
}

/** What Node says of a connection that broke, by its error code. */
export function failureOfCode(code: string): StepFailure {
  switch (code) {
    case 'ECONNREFUSED':
      return new StepFailure('refused', 'the connection was refused (ECONNREFUSED)');
    case 'ETIMEDOUT':
      return new StepFailure('silent', 'no answer (ETIMEDOUT)');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new StepFailure('unreachable', `no way there (${code})`);
  }
  if (/ALTNAME/.test(code)) return new StepFailure('certificate_name', `other name (${code})`);
  if (/EXPIRED/.test(code)) return new StepFailure('certificate_expired', `expired (${code})`);
  if (/CERT|SELF_SIGNED|ISSUER|^UNABLE_TO/.test(code))
    return new StepFailure('certificate_chain', `nobody vouches for the certificate (${code})`);
  if (/SSL|TLS|EPROTO/.test(code)) return new StepFailure('no_tls', `no TLS there (${code})`);
  return new StepFailure('broken', `the connection broke${code === '' ? '' : ` (${code})`}`);
}

/** Where a provider or a mail server is. `host` without brackets. */
export interface Place {
  host: string;
  port: number;
}

/**
 * The steps `dns` and `tcp`; an address given as such needs no DNS. `judge` may throw on what was found. The
 * caller ends the socket.
 */
export async function connectTo(
  steps: Pick<Steps<'dns' | 'tcp'>, 'take'>,
  { host, port }: Place,
  records: Pick<DnsRecords, 'host'>,
  judge: (addresses: readonly string[]) => void = () => {},
): Promise<Socket> {
  const addresses = await steps.take(
    'dns',
    async () => {
      const found = isIP(host) ? [host] : await records.host(host);
      if (!found) throw new StepFailure('silent', `no name server answers for ${host}`);
      if (found.length === 0) throw new StepFailure('absent', `${host} is not known`);
      judge(found);
      return found;
    },
    (found) => (isIP(host) ? `${host} needs none` : `${host} is ${found.slice(0, 4).join(', ')}`),
  );
  return steps.take(
    'tcp',
    () => connected(addresses, port),
    ({ remoteAddress }) => `${remoteAddress} port ${port} answers`,
  );
}

function connected(addresses: readonly string[], port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    const socket = connect({
      host: 'server',
      port,
      autoSelectFamily: true,
      lookup: (_, __, found) => found(null, all),
    });
    const timer = setTimeout(() => socket.destroy(), SEND_MS + 100);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', reject);
      // What breaks later is told by whoever uses the socket.
      socket.on('error', () => {});
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      // Several addresses: the errors of all.
      reject(error instanceof AggregateError ? (error.errors[0] ?? error) : error);
    });
  });
}

/** The step `tls` from the first byte. */
export function secure(
  steps: Pick<Steps<'tls'>, 'take'>,
  socket: Socket,
  { host, rejectUnauthorized }: { host: string; rejectUnauthorized: boolean },
): Promise<TLSSocket> {
  return steps.take(
    'tls',
    () =>
      new Promise<TLSSocket>((resolve, reject) => {
        // A name that is an address may not be asked for in the handshake (RFC 6066 §3).
        const servername = isIP(host) ? undefined : host;
        const tls = connectTls({ socket, host, servername, rejectUnauthorized }, () => {
          tls.removeListener('error', reject);
          tls.on('error', () => {});
          resolve(tls);
        });
        tls.once('error', reject);
      }),
    (tls) => describeTls(tls),
  );
}

/** Version, and what the certificate says. */
export function describeTls(tls: TLSSocket): string {
  const { valid_to: ends } = tls.getPeerCertificate();
  const until = ends && !Number.isNaN(Date.parse(ends)) ? new Date(ends).toISOString().slice(0, 10) : '';
  return `${tls.getProtocol() ?? 'TLS'}${until && `, certificate until ${until}`}`;
}
