import type { App } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';
import type { Hint } from '../../ports/hints.ts';

export type HintDeps = Pick<Deps, 'config' | 'hints'>;

/**
 * Whether whoever calls is told of waits and budgets: in an app that is being developed, on a host that sends
 * nothing to anybody (additions §1.4). Elsewhere it would tell a guesser that he is being slowed.
 */
export function isDeveloped({ config }: Pick<Deps, 'config'>, { type }: Pick<App, 'type'>): boolean {
  return type === 'development' && config.mail === 'outbox';
}

/** Gives the hint where the developer is told. */
export function hintAt(deps: HintDeps, app: Pick<App, 'type'>, reason: Hint['reason'], leftMs: number): void {
  if (isDeveloped(deps, app)) deps.hints.give({ reason, retryAfterSeconds: Math.ceil(leftMs / 1000) });
}
