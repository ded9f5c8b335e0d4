import type { App } from '../../model/app.ts';
import type { Signup, SignupStep } from '../../model/signup.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../tools/duration.ts';
import { change, wasChanged } from '../users/change.ts';

type StepDeps = Pick<Deps, 'store' | 'clock' | 'figures'>;
type CountDeps = Pick<Deps, 'figures' | 'origin' | 'clock'>;

/** What the figure `verified_within` tells apart. */
const BUCKETS = [
  ['1m', MINUTE_MS],
  ['5m', 5 * MINUTE_MS],
  ['15m', 15 * MINUTE_MS],
  ['1h', HOUR_MS],
  ['6h', 6 * HOUR_MS],
  ['24h', DAY_MS],
  ['48h', 2 * DAY_MS],
] as const;

/**
 * How somebody joins, in figures: `code`, `link`, `none`, or the provider that vouches for them. A signup of
 * which no message could be sent yet goes by what its app sends.
 */
export function flowOf(
  { signupFlow }: Pick<App, 'signupFlow'>,
  { kind, status, signupProvider }: Pick<Signup, 'kind' | 'status' | 'signupProvider'>,
): string {
  if (signupProvider !== '') return signupProvider;
  if (status === 'active') return 'none';
  if (kind === 'none') return signupFlow;
  return kind === 'link' ? 'link' : 'code';
}

/** Counts a signup that begins. */
export function countRequested(deps: CountDeps, app: App, signup: Signup): void {
  deps.figures.count(app.id, 'signup_requested', flowOf(app, signup), signup.locale);
  deps.figures.count(app.id, 'client', deps.origin.client(), 'signup_requested');
}

/** Counts a step that the row says was taken now for the first time. */
export function countStep(deps: Pick<Deps, 'figures'>, app: App, signup: Signup, step: SignupStep): void {
  deps.figures.count(app.id, `signup_${step}`, flowOf(app, signup), signup.locale);
}

/** Counts a step the first time it is taken, once a signup, in a write of its own. */
export async function noteStep(deps: StepDeps, app: App, signup: Signup, step: SignupStep): Promise<void> {
  if (signup.steps?.includes(step)) return;
  const { signups } = deps.store;
  const changed = await change(
    deps.clock,
    signups,
    () => signups.find(app.id, signup.id),
    (current) =>
      current.steps?.includes(step)
        ? undefined
        : {
            ...current,
            steps: [...(current.steps ?? []), step],
            ...(step === 'opened' && { openedAt: deps.clock.now() }),
          },
  );
  if (wasChanged(changed)) countStep(deps, app, changed.after, step);
}

/** Takes a step back that could not be taken after all. */
export async function takeBackStep(
  deps: Pick<Deps, 'store' | 'clock'>,
  { appId, id }: Signup,
  step: SignupStep,
): Promise<void> {
  const { signups } = deps.store;
  await change(
    deps.clock,
    signups,
    () => signups.find(appId, id),
    (current) =>
      current.steps?.includes(step)
        ? { ...current, steps: current.steps.filter((taken) => taken !== step) }
        : undefined,
  );
}

/** Counts the account that a signup became. */
export function countVerified(deps: CountDeps, app: App, signup: Signup): void {
  const flow = flowOf(app, signup);
  deps.figures.count(app.id, 'signup_verified', flow, signup.locale);
  deps.figures.count(app.id, 'client', deps.origin.client(), 'signup_verified');
  const elapsedMs = deps.clock.now() - (signup.beganAt ?? signup.createdAt);
  const bucket = BUCKETS.find(([, ms]) => elapsedMs <= ms);
  if (bucket) deps.figures.count(app.id, 'verified_within', bucket[0], flow);
}
