import type { App } from '../../model/app.ts';
import type { UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { type MessageDeps, sendMessage } from '../messages/message.ts';
import { changeUser } from '../users/change.ts';
import { currentUser, requireRunning } from '../users/session.ts';
import { admitFactorMail, reportFactorChange, tellOwner, withFactorChange } from './factor-change.ts';
import { type FactorDeps, provesFactor } from './factor-code.ts';
import { FACTORS, hasFactor } from './factors.ts';
import { issueRecoveryCodes } from './recovery-codes.ts';

const TOTP_ON = { factor: 'totp', switched: 'On' } as const;
const TOTP_OFF = { factor: 'totp', switched: 'Off' } as const;

type EnrolmentDeps = FactorDeps & MessageDeps;

/** What a user needs to set an authenticator app up; shown once. */
export interface TotpEnrolment {
  /** Base32, lower case, in groups of four. */
  secret: string;
  /** PNG of the provisioning URI, base64. */
  qrPng: string;
  recoveryCodes: string[];
}

/**
 * Switches TOTP on with a new secret, at once: shipped clients have no second call (contract S18). While a
 * factor guards the account this needs a current code or a fresh log-in. Throws `totp_unsupported` unless the
 * app's mode is `google`, `invalid_data` without proof.
 */
export async function enrolTotp(
  deps: EnrolmentDeps & Pick<Deps, 'qrCodes'>,
  { caller, code }: { caller: UserCaller; code: string | undefined },
): Promise<TotpEnrolment> {
  const { app, session } = caller;
  requireRunning(app);
  if (app.twoFactorVerification !== FACTORS.totp.mode) throw new HostError('totp_unsupported');
  const user = await currentUser(deps, caller);
  const guarded = hasFactor(user);
  const proven = guarded && (await provesFactor(deps, { app, session, user, code }));
  const secret = deps.totp.newSecret();
  const uri = deps.totp.uri({ issuer: app.googleAppName || app.name, handle: user.handle, secret });
  // Before the factor is on: nobody may be asked for codes of a secret that was never shown.
  const qrPng = await deps.qrCodes.png(uri);
  const recovery = issueRecoveryCodes(deps, app, user);
  await changeUser(deps, user, (current) => {
    if (hasFactor(current) && !proven) throw new HostError('invalid_data');
    const enrolled = {
      ...FACTORS.totp.off(current),
      twoFactorTotp: true,
      totpSecret: secret,
      recoveryCodes: recovery.digests,
    };
    return withFactorChange(enrolled, deps.clock.now());
  });
  const enrolment = { secret: forReading(secret), qrPng, recoveryCodes: recovery.codes };
  await mailEnrolment(deps, app, user, enrolment);
  reportFactorChange(deps, user, TOTP_ON);
  // The mail with the QR code is notice enough where nothing guarded the account before.
  if (guarded) await tellOwner(deps, { app, user, change: TOTP_ON });
  return enrolment;
}

/**
 * Switches TOTP off in any mode of the app and erases the secret (contract A18, A19). Throws `invalid_data`
 * without proof while it is on.
 */
export async function removeTotp(
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
