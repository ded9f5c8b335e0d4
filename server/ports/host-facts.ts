/** A setting as it holds. */
export interface ShownSetting {
  name: string;
  /** As it is written; absent for secrets and for what is not set. */
  value?: string;
  origin: 'environment' | 'file' | 'default';
  secret: boolean;
}

/** What a check found; `unknown`: not done here, or there was nobody to ask. */
export interface HostCheck {
  name: string;
  ok: boolean | 'unknown';
  detail: string;
  repair?: string;
}

/** The running host, its process and its machine. */
export interface HostFacts {
  readonly version: string;
  /** Of Node. */
  readonly node: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Settings that are no good in the open, by name. */
  readonly insecure: readonly string[];
  settings(): ShownSetting[];
  /** Bytes where the data folder lies; undefined where the system does not say. */
  disk(): Promise<{ free: number; total: number } | undefined>;
  /** What `npx setup --check` looks at, as far as a running host can. A few seconds at most. */
  checks(): Promise<HostCheck[]>;
}
