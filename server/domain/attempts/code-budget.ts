import type { CodePurpose } from '../../ports/security/codes.ts';
import { DAY_MS, HOUR_MS } from '../../tools/duration.ts';
import { hintAt, isDeveloped } from './developer-hint.ts';
import {
  admitRecipient,
  admitUnproven,
  type BudgetDeps,
  giveBackUnproven,
  type Sender,
  tooManyRecipients,
  type Unproven,
  unprovenUntil,
} from './message-budgets.ts';

interface CodeBudget {
  app: Sender;
  /** A handle, a user's id or a phone number. */
  subject: string;
  purpose: CodePurpose;
  /** Who asks comes from where strangers do not: what those used up is not missing here (`isTrusted`). */
  trusted?: boolean;
  /**
   * Set where nobody has proven yet that the message reaches who asks for it: it counts under further
   * budgets.
   */
  unproven?: Unproven;
}

/**
 * Whether one more code may be sent to this handle, user or number: `CODES_PER_HOUR` and `CODES_PER_DAY` per
 * app, subject and purpose, and the budgets of unproven recipients, counted here before anything is sent;
 * trusted requests have as many of their own. On false the caller acts as if it had been sent. Throws
 * `too_many_requests` for a client address that writes to too many people.
 */
export async function admitCode(deps: BudgetDeps, budget: CodeBudget): Promise<boolean> {
  const { app, unproven } = budget;
  const [inBudget, mayWrite] = await Promise.all([
    admitSubject(deps, budget),
    !unproven?.open || admitRecipient(deps, unproven.to),
  ]);
  if (inBudget && mayWrite && (!unproven || (await admitUnproven(deps, app, unproven)))) return true;
  if (inBudget) await giveBackSubject(deps, budget);
  deps.figures.count(app.id, 'message', channelOf(budget), 'limited');
  if (!mayWrite) throw tooManyRecipients(deps);
  if (isDeveloped(deps, app)) hintAt(deps, app, 'code_limited', await leftMs(deps, budget));
  return false;
}

/** Until one more may be sent. */
async function leftMs(deps: BudgetDeps, budget: CodeBudget): Promise<number> {
  const { app, unproven } = budget;
  const now = deps.clock.now();
  const ends = windowsOf(deps, budget).map(async ({ key, cap }) =>
    (await deps.store.counters.read(key, now)) < cap
      ? 0
      : ((await deps.store.counters.endsAt(key, now)) ?? 0),
  );
  const others = unproven ? unprovenUntil(deps, app, unproven) : 0;
  return Math.max(now, ...(await Promise.all([...ends, others]))) - now;
}

async function admitSubject(deps: BudgetDeps, budget: CodeBudget): Promise<boolean> {
  const now = deps.clock.now();
  const { counters } = deps.store;
  const asked = windowsOf(deps, budget).map(async ({ window, ms, key, cap }) => {
    const isCounted = await counters.admit(key, { now, cap, expiresAt: now + ms });
    return { window, key, isCounted };
  });
  const windows = await Promise.all(asked);
  const full = windows.find(({ isCounted }) => !isCounted);
  if (!full) return true;
  await Promise.all(windows.map(({ key, isCounted }) => isCounted && counters.decrement(key)));
  const { app, subject, purpose } = budget;
  const handleRef = deps.handleRef(app.id, subject);
  deps.events.emit('code_limited', { handleRef, purpose, window: full.window });
  return false;
}

async function giveBackSubject(deps: BudgetDeps, budget: CodeBudget): Promise<void> {
  const windows = windowsOf(deps, budget);
  await Promise.all(windows.map(({ key }) => deps.store.counters.decrement(key)));
}

/**
 * Sends what was admitted. When that fails nobody got anything: the budgets are given back, so that the same
 * person can try again.
 */
export async function sendAdmitted(
  deps: BudgetDeps,
  budget: CodeBudget,
  send: () => Promise<void>,
): Promise<void> {
  try {
    await send();
  } catch (error) {
    await giveBackCode(deps, budget);
    throw error;
  }
}

/** Gives back what `admitCode` counted: nothing was sent. */
export async function giveBackCode(deps: BudgetDeps, budget: CodeBudget): Promise<void> {
  await giveBackSubject(deps, budget);
  if (budget.unproven) await giveBackUnproven(deps, budget.app, budget.unproven);
}

function windowsOf(deps: BudgetDeps, { app, subject, purpose, trusted = false }: CodeBudget) {
  const whose = `${purpose}/${deps.handleRef(app.id, subject)}${trusted ? '/trusted' : ''}`;
  const keyOf = (window: string) => `codes-${window}/${app.id}/${whose}`;
  return [
    { window: 'hour', ms: HOUR_MS, cap: deps.config.codesPerHour, key: keyOf('hour') },
    { window: 'day', ms: DAY_MS, cap: deps.config.codesPerDay, key: keyOf('day') },
  ] as const;
}

/** Where the message would have gone; a user's id stands for their mailbox, but for codes of a number. */
function channelOf({ subject, purpose, unproven }: CodeBudget): 'email' | 'sms' {
  const to = unproven?.to ?? subject;
  return to.startsWith('+') || purpose === 'sms' || purpose === 'phone' ? 'sms' : 'email';
}
