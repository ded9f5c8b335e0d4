import { HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { FIRST_GENERATION } from '../../ports/security/host-tokens.ts';
import { TamperError } from '../../ports/security/sealing.ts';
import { META, type MetaStore } from '../../ports/store/meta.ts';

/** The generation a server secret token must carry to be accepted (claim `gen`). */
export async function serverSecretGeneration(meta: MetaStore): Promise<number> {
  return Number((await meta.get(META.serverSecretGeneration)) ?? FIRST_GENERATION);
}

type SecretDeps = Pick<Deps, 'store' | 'hostTokens' | 'config' | 'clock' | 'codes'>;

/** What the token of a generation says beside it. */
interface Made {
  generation: number;
  name: string;
  /** Epoch ms. */
  at: number;
  jti: string;
}

/**
 * The server secret token of the current generation: one text, whoever asks for it in whatever process, as
 * long as host key and generation are the same.
 */
export async function issueServerSecret(deps: SecretDeps): Promise<string> {
  return tokenOf(deps, await serverSecretGeneration(deps.store.meta));
}

/**
 * Moves the generation in one conditional write and issues the token of the new one: every older token is
 * refused from then on, in every process within 5 s, those of an adopted older installation included.
 */
export async function rotateServerSecret(deps: SecretDeps): Promise<{ token: string; generation: number }> {
  const { before, generation } = await nextGeneration(deps);
  if (!(await deps.store.meta.compareAndSet(META.serverSecretGeneration, before, String(generation)))) {
    throw new HostError('service_unavailable', { retryAfterSeconds: 1 });
  }
  return { token: await tokenOf(deps, generation), generation };
}

/** One that somebody tampered with is left for a number that none can have had: the seconds since 1970. */
async function nextGeneration({
  store,
  clock,
}: SecretDeps): Promise<{ before?: string; generation: number }> {
  try {
    const before = await store.meta.get(META.serverSecretGeneration);
    return { ...(before !== undefined && { before }), generation: Number(before ?? FIRST_GENERATION) + 1 };
  } catch (error) {
    if (!(error instanceof TamperError)) throw error;
    return { generation: Math.floor(clock.now() / 1000) };
  }
}

async function tokenOf(deps: SecretDeps, generation: number): Promise<string> {
  const { name, at, jti } = await made(deps, generation);
  return deps.hostTokens.issueServerSecret({ name, generation, made: { at, jti } });
}

/** What the token of a generation says: whoever comes first decides. */
async function made({ store, config, clock, codes }: SecretDeps, generation: number): Promise<Made> {
  for (;;) {
    const stored = await store.meta.get(META.serverSecret);
    const known = stored === undefined ? undefined : readMade(stored);
    if (known?.generation === generation) return known;
    const fresh = { generation, name: config.serverName, at: clock.now(), jti: codes.newId() };
    if (await store.meta.compareAndSet(META.serverSecret, stored, JSON.stringify(fresh))) return fresh;
  }
}

/** Undefined for what no host wrote: it is made anew then. */
function readMade(text: string): Made | undefined {
  try {
    const { generation, name, at, jti }: Partial<Made> = JSON.parse(text);
    const isWhole = typeof name === 'string' && typeof jti === 'string' && Number.isSafeInteger(at);
    return isWhole ? ({ generation, name, at, jti } as Made) : undefined;
  } catch {
    return undefined;
  }
}
