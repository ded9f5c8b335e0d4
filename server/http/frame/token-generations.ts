import { serverSecretGeneration } from '../../domain/tokens/server-secret.ts';
import { type App, superUserGeneration } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';
import { FIRST_GENERATION } from '../../ports/security/host-tokens.ts';
import { META } from '../../ports/store/meta.ts';

const KEPT_MS = 3000;

interface HostGenerations {
  serverSecret: number;
  /** Tokens without `gen`, made by an older installation with this key pair, count as first generation. */
  adopted: boolean;
}

/** Whether a token's generation is still in force. What the store says is looked at anew every 3 s. */
export class TokenGenerations {
  readonly #deps: Pick<Deps, 'store' | 'clock'>;
  #known: HostGenerations | undefined;
  #readAt = 0;
  constructor(deps: Pick<Deps, 'store' | 'clock'>) {
    this.#deps = deps;
  }

  /** Throws `service_unavailable` when the generation is not known and cannot be read. */
  async acceptsServerSecret(generation: number | undefined): Promise<boolean> {
    const host = await this.#host();
    return host.serverSecret === (generation ?? legacyGeneration(host));
  }

  /** The current generation of the app, and older ones while their grace lasts (operator §7). */
  async acceptsAppToken(app: App, generation: number | undefined): Promise<boolean> {
    const claimed = generation ?? legacyGeneration(await this.#host());
    if (claimed === app.tokenGeneration) return true;
    const now = this.#deps.clock.now();
    return app.graceGenerations.some((grace) => grace.generation === claimed && grace.until > now);
  }

  /** Whatever is rotated, the app's token, its key or the server secret, ends them. */
  async acceptsSuperUserToken(app: App, generation: number | undefined): Promise<boolean> {
    const host = await this.#host();
    return (generation ?? legacyGeneration(host)) === superUserGeneration(app, host.serverSecret);
  }

  async #host(): Promise<HostGenerations> {
    const now = this.#deps.clock.now();
    if (this.#known && Math.abs(now - this.#readAt) < KEPT_MS) return this.#known;
    const { meta } = this.#deps.store;
    const [serverSecret, adopted] = await Promise.all([
      serverSecretGeneration(meta),
      meta.get(META.adoptedHostKey),
    ]);
    this.#known = { serverSecret, adopted: adopted === 'yes' };
    this.#readAt = now;
    return this.#known;
  }
}

function legacyGeneration(host: HostGenerations): number | undefined {
  return host.adopted ? FIRST_GENERATION : undefined;
}
