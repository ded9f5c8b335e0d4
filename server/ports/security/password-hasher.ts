export interface PasswordHasher {
  /**
   * Argon2id as a PHC string, with salt and parameters of the first Argon2id hash among `alongside`, else
   * with new ones. Runs behind the bounded queue. Throws `service_unavailable` when the queue is full, or the
   * client has hung up before it was its turn.
   */
  hash(password: string, alongside?: readonly string[]): Promise<string>;
  /**
   * Whether two hashes have salt and parameters in common: then they are equal exactly when the passwords
   * are.
   */
  areComparable(one: string, other: string): boolean;
  /** What a stored hash is of: the MD5 that clients send, or the password as it was typed. */
  inputOf(stored: string): 'md5' | 'clear';
  /** What to store of a hash that another system made of the typed password. */
  ofClear(form: string): string;
  /**
   * Compares with an Argon2id PHC string or an imported hash, of what `inputOf` says; costs one hash whatever
   * `stored` is. Pass `decoyHash` for an unknown account, so that both answers take the same time. Throws as
   * `hash` does.
   */
  matches(password: string, stored: string): Promise<boolean>;
  /** Whether an imported hash can ever be verified here: of a known form and a bearable cost. */
  isUsable(stored: string): boolean;
  /**
   * True for bcrypt, hashes of typed passwords and weaker Argon2id parameters: hash anew after the next right
   * password.
   */
  needsRehash(stored: string): boolean;
  /**
   * Names what verifying a hash costs: those of one kind cost the same. Undefined for what cannot be
   * verified.
   */
  kindOf(stored: string): string | undefined;
  /** A hash of that kind no password matches, at its full cost; one of today's for a kind that is none. */
  decoyOf(kind: string): string;
  /** A hash no password matches, at full cost. */
  readonly decoyHash: string;
  /**
   * Runs what ends in a hash, when it is its turn: no more get ready at a time than keep the cores busy, so
   * that a crowd costs others no more than it can hash. Throws `service_unavailable` before it begins when
   * there is no room.
   */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** For work in its turn that has to wait for something else than a core. */
  giveWay(): void;
  /** Hashes waiting for a core, and work waiting for its turn. */
  readonly waiting: number;
}
