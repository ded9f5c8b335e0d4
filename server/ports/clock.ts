export interface Clock {
  /** Epoch milliseconds. The only source of time in the domain. */
  now(): number;
}
