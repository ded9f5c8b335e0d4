import type { AppKey } from '../../model/app.ts';

export interface KeyPairs {
  /**
   * A new RSA 2048 pair for an app, made off the event loop; one spare is kept ready. `state` is `current`.
   */
  newAppKey(now: number): Promise<AppKey>;
  /**
   * Makes the app key of an imported pair of PEM texts; throws `refused` when they are no RSA pair of at
   * least 2048 bits.
   */
  importAppKey(privateKeyPem: string, publicKeyPem: string, now: number): AppKey;
}
