/** Whether the host can serve. */
export interface Readiness {
  readonly database: 'ok' | 'down';
  /** True from the moment the process was asked to stop. */
  readonly draining: boolean;
}
