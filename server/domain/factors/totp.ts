import type { App } from '../../model/app.ts';
import type { UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS, MINUTE_MS } from '../../tools/duration.ts';
import { judgeSecondFactor } from '../attempts/password-attempts.ts';
import { type MessageDeps, sendMessage } from '../messages/message.ts';
import { changeUser } from '../users/change.ts';
import { currentUser, requireRunning } from '../users/session.ts';
import { admitFactorMail, reportFactorChange, tellOwner, withFactorChange } from './factor-change.ts';
import { type FactorDeps, provesFactor } from './factor-code.ts';
import { FACTORS, hasFactor } from './factors.ts';
import { issueRecoveryCodes } from './recovery-codes.ts';
import { spend } from './spend-code.ts';

/** How long a new secret waits for its first code. */
const PENDING_MS = 10 * MINUTE_MS;
const TOTP_DIGITS = 6;

const TOTP_ON = { factor: 'totp', switched: 'On' } as const;
const TOTP_OFF = { factor: 'totp', switched: 'Off' } as const;

type EnrolmentDeps = FactorDeps & MessageDeps;

/** What a user needs to set an authenticator app up; shown once. */
export interface TotpEnrolment {
  /** Base32, lower case, in groups of four. */
  secret: string;
  /** `otpauth://…`, which links open in an authenticator app. */
  uri: string;
  /** PNG of that address, base64. */
  qrPng: string;
  /** Absent while the secret waits for its first code. */
  recoveryCodes?: string[];
}

/** Switches TOTP on, in one call or with `confirm` in two, or off. Throws what the three below throw. */
export function switchTotp(
  deps: EnrolmentDeps & Pick<Deps, 'qrCodes'>,
  {
    caller,
    twoFactor,
    confirm,
    code,
  }: {
    caller: UserCaller;
    twoFactor: boolean;
    confirm: boolean;
    code?: string | undefined;
  },
): Promise<TotpEnrolment | RecoveryCodes | true> {
  if (!twoFactor) return removeTotp(deps, { caller, code });
  return confirm ? setUpTotp(deps, { caller, code }) : enrolTotp(deps, { caller, code });
}

/**
 * Switches TOTP on with a new secret, at once: shipped clients have no second call (contract S18). While a
 * factor guards the account this needs a current code or a fresh log-in. Throws `totp_unsupported` unless the
 * app's mode is `google`, `invalid_data` without proof.
 */
async function enrolTotp(
  deps: EnrolmentDeps & Pick<Deps, 'qrCodes'>,
  { caller, code }: { caller: UserCaller; code: string | undefined },
): Promise<TotpEnrolment> {
  const { app } = caller;
  const user = await requireEnrolling(deps, caller);
  const proven = await provesWhatGuards(deps, { caller, user, code });
  // Before the factor is on: nobody may be asked for codes of a secret that was never shown.
  const { secret, shown } = await newEnrolment(deps, app, user);
  const recovery = issueRecoveryCodes(deps, app, user);
  await changeUser(deps, user, (current) => {
    if (hasFactor(current) && !proven) throw new HostError('invalid_data');
    return withTotp(current, { secret, recoveryCodes: recovery.digests }, deps.clock.now());
  });
  await mailEnrolment(deps, app, user, shown);
  reportFactorChange(deps, user, TOTP_ON);
  // The mail with the QR code is notice enough where nothing guarded the account before.
  if (proven) await tellOwner(deps, { app, user, change: TOTP_ON });
  return { ...shown, recoveryCodes: recovery.codes };
}

/**
 * Answers a new secret that waits for its first code, or with that code switches TOTP on and answers the
 * recovery codes. The secret dies after ten minutes, with `CODE_TRIES` wrong codes, with the next one and
 * with any other change of the factors. While it waits a code is taken for its own, else for the proof that
 * `enrolTotp` needs. Throws what that throws.
 */
async function setUpTotp(
  deps: EnrolmentDeps & Pick<Deps, 'qrCodes'>,
  { caller, code }: { caller: UserCaller; code: string | undefined },
): Promise<TotpEnrolment | RecoveryCodes> {
  const { app } = caller;
  const user = await requireEnrolling(deps, caller);
  if (code !== undefined && waitingSecret(deps, user)) return confirmTotp(deps, { app, user, code });
  // The code of a secret that waits no more begins nothing new.
  if (code !== undefined && !hasFactor(user)) throw new HostError('invalid_data');
  const proven = await provesWhatGuards(deps, { caller, user, code });
  const { secret, shown } = await newEnrolment(deps, app, user);
  const startedAt = deps.clock.now();
  const pendingTotp = { id: deps.codes.newId(), secret, startedAt, proven };
  await changeUser(deps, user, (current) => {
    if (hasFactor(current) && !proven) throw new HostError('invalid_data');
    return { ...current, pendingTotp };
  });
  await mailEnrolment(deps, app, user, shown);
  return shown;
}

/** Ten codes, each good for one log-in in place of the second factor; shown once. */
export interface RecoveryCodes {
  recoveryCodes: string[];
}

async function confirmTotp(
  deps: EnrolmentDeps,
  { app, user, code }: { app: App; user: User; code: string },
): Promise<RecoveryCodes> {
  const recovery = issueRecoveryCodes(deps, app, user);
  const { pendingTotp } = user;
  const wasGuarded = hasFactor(user);
  const use = () =>
    spend(deps, user, async (current) => {
      const waiting = waitingSecret(deps, current);
      // What began to guard the account since then was not proven.
      if (waiting?.id !== pendingTotp?.id || (hasFactor(current) && !waiting?.proven)) return 'wrong';
      const { secret = '' } = waiting ?? {};
      const now = deps.clock.now();
      const step = await deps.totp.verify({ secret, code, now, afterStep: undefined });
      if (typeof step !== 'number') return 'wrong';
      const enrolled = withTotp(current, { secret, recoveryCodes: recovery.digests }, now);
      return { ...enrolled, totpLastStep: step };
    });
  const tries = code.length === TOTP_DIGITS ? await countTry(deps, user) : undefined;
  const right =
    tries !== undefined && (await judgeSecondFactor(deps, { app, user, method: 'totp', check: use }));
  if (!right) {
    if (tries === deps.config.codeTries)
      deps.events.emit('code_exhausted', { userId: user.id, purpose: 'totp' });
    throw new HostError('invalid_data');
  }
  reportFactorChange(deps, user, TOTP_ON);
  if (wasGuarded) await tellOwner(deps, { app, user, change: TOTP_ON });
  return { recoveryCodes: recovery.codes };
}

/** Counted before anything is compared. Undefined when the secret has no try left. */
function countTry(deps: EnrolmentDeps, { id, pendingTotp }: User): Promise<number | undefined> {
  const now = deps.clock.now();
  const limit = { now, cap: deps.config.codeTries, expiresAt: now + DAY_MS };
  return deps.store.counters.increment(`totp-tries/${id}/${pendingTotp?.id}`, limit);
}

/** A clock that is set back makes none wait again. */
function waitingSecret({ clock }: Pick<Deps, 'clock'>, { pendingTotp }: User): User['pendingTotp'] {
  return pendingTotp && Math.abs(clock.now() - pendingTotp.startedAt) < PENDING_MS ? pendingTotp : undefined;
}

async function requireEnrolling(deps: EnrolmentDeps, caller: UserCaller): Promise<User> {
  const { app } = caller;
  requireRunning(app);
  if (app.twoFactorVerification !== FACTORS.totp.mode) throw new HostError('totp_unsupported');
  return currentUser(deps, caller);
}

/** Whether what guards the account was proven; false where nothing does. Throws `invalid_data` without. */
async function provesWhatGuards(
  deps: EnrolmentDeps,
  { caller, user, code }: { caller: UserCaller; user: User; code: string | undefined },
): Promise<boolean> {
  const { app, session } = caller;
  if (!hasFactor(user)) return false;
  if (!(await provesFactor(deps, { app, session, user, code }))) throw new HostError('invalid_data');
  return true;
}

async function newEnrolment(
  deps: EnrolmentDeps & Pick<Deps, 'qrCodes'>,
  app: App,
  user: User,
): Promise<{ secret: string; shown: TotpEnrolment }> {
  const secret = deps.totp.newSecret();
  const uri = deps.totp.uri({ issuer: app.googleAppName || app.name, handle: user.handle, secret });
  return { secret, shown: { secret: forReading(secret), uri, qrPng: await deps.qrCodes.png(uri) } };
}

function withTotp(
  user: User,
  { secret, recoveryCodes }: { secret: string; recoveryCodes: string[] },
  now: number,
): User {
  const enrolled = { ...FACTORS.totp.off(user), twoFactorTotp: true, totpSecret: secret, recoveryCodes };
  return withFactorChange(enrolled, now);
}

/**
 * Switches TOTP off in any mode of the app and erases the secret (contract A18, A19). Throws `invalid_data`
 * without proof while it is on.
 */
async function removeTotp(
  deps: EnrolmentDeps,
  { caller, code }: { caller: UserCaller; code: string | undefined },
): Promise<true> {
  const { app, session } = caller;
  requireRunning(app);
  const user = await currentUser(deps, caller);
  if (!user.twoFactorTotp) return true;
  if (!(await provesFactor(deps, { app, session, user, code }))) throw new HostError('invalid_data');
  await changeUser(deps, user, (current) => withFactorChange(FACTORS.totp.off(current), deps.clock.now()));
  reportFactorChange(deps, user, TOTP_OFF);
  await tellOwner(deps, { app, user, change: TOTP_OFF });
  return true;
}

function forReading(secret: string): string {
  return (secret.toLowerCase().match(/.{1,4}/g) ?? []).join(' ');
}

async function mailEnrolment(
  deps: MessageDeps,
  app: App,
  user: User,
  enrolment: TotpEnrolment,
): Promise<void> {
  if (!(await admitFactorMail(deps, app, user))) return;
  await sendMessage(deps, {
    app,
    name: 'qrCode',
    locale: user.locale,
    to: user.handle,
    values: {},
    code: enrolment.secret,
    attachments: [{ filename: 'QRCode.png', contentType: 'image/png', content: enrolment.qrPng }],
    userId: user.id,
    purpose: 'totp',
    outcome: 'queue',
  });
}
