import { HostError } from '../model/errors.ts';
import type { Deps } from '../ports/deps.ts';
import { FIRST_GENERATION } from '../ports/security.ts';
import { META, type MetaStore } from '../ports/store/meta.ts';

/** The generation a server secret token must carry to be accepted (claim `gen`). */
export async function serverSecretGeneration(meta: MetaStore): Promise<number> {
  return Number((await meta.get(META.serverSecretGeneration)) ?? FIRST_GENERATION);
}

type SecretDeps = Pick<Deps, 'store' | 'hostTokens' | 'config'>;
/** A server secret token of the current generation. Every one of a generation is as good as another. */
export async function issueServerSecret(deps: SecretDeps): Promise<string> {
  return tokenOf(deps, await serverSecretGeneration(deps.store.meta));
}

/**
 * Moves the generation in one conditional write and issues a token of the new one: every older token is refused from then on, in every
 * process within 5 s, those of an adopted older installation included.
 */
export async function rotateServerSecret(deps: SecretDeps): Promise<{ token: string; generation: number }> {
  const before = await deps.store.meta.get(META.serverSecretGeneration);
  const generation = Number(before ?? FIRST_GENERATION) + 1;
  if (!(await deps.store.meta.compareAndSet(META.serverSecretGeneration, before, String(generation)))) {
    throw new HostError('service_unavailable', { retryAfterSeconds: 1 });
  }
  return { token: await tokenOf(deps, generation), generation };
}

function tokenOf({ hostTokens, config }: SecretDeps, generation: number): Promise<string> {
  return hostTokens.issueServerSecret({ name: config.serverName, generation });
}
