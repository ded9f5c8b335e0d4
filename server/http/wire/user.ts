import { z } from 'zod';
import { userRevision } from '../../domain/portal/revision.ts';
import type { App } from '../../model/app.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { choice, listAnswer, textFilter } from './list.ts';
import { optionalDate, timeText, wireTime } from './time.ts';

const metadata = z.record(z.string(), z.unknown());

/** What a user sees of the own account (contract §3.5.15); what is unset is left out. */
export const userAnswer = z.strictObject({
  status: z.enum(['active', 'suspend', 'pending']),
  createdAt: timeText,
  updatedAt: timeText,
  handle: z.string(),
  locale: z.string(),
  userName: z.string().optional(),
  twoFactorPhoneVerification: z.boolean(),
  twoFactorGoogleVerification: z.boolean(),
  appId: z.string(),
  phone: z.string().optional(),
  phoneVerified: z.boolean().optional(),
  metaData: metadata.optional(),
  loginProvider: z.enum(['', 'apple', 'google']),
  lastLogin: timeText.optional(),
});
export function wireUser(user: User): z.infer<typeof userAnswer> {
  const { phone } = user;
  return {
    status: user.status,
    createdAt: wireTime(user.createdAt),
    updatedAt: wireTime(user.updatedAt),
    handle: user.handle,
    locale: user.locale,
    userName: user.userName,
    twoFactorPhoneVerification: user.twoFactorPhone,
    twoFactorGoogleVerification: user.twoFactorTotp,
    appId: user.appId,
    phone: phone ?? user.pendingPhone,
    phoneVerified: phone || user.pendingPhone ? phone !== undefined && user.phoneVerified : undefined,
    metaData: Object.keys(user.metaData).length > 0 ? user.metaData : undefined,
    loginProvider: user.loginProvider,
    lastLogin: wireTime(user.lastLogin),
  };
}

/** A user row of the portal: never a hash, seed, code or token (contract §8 S20). */
export const portalUserAnswer = userAnswer.extend({
  _id: z.string(),
  uid: z.string(),
  socialUserId: z.string().optional(),
  lockedAt: timeText.optional(),
  revision: z.string(),
});
export const portalUsersAnswer = z.array(portalUserAnswer);
export const userListAnswer = listAnswer(portalUserAnswer);
export function portalUser(
  deps: Pick<Deps, 'codes'>,
  user: User,
  app: Pick<App, 'id'>,
): z.infer<typeof portalUserAnswer> {
  return {
    ...wireUser(user),
    _id: user.id,
    appId: app.id,
    uid: user.uid,
    socialUserId: user.socialUserId,
    lockedAt: wireTime(user.lockedAt),
    revision: userRevision(deps, user),
  };
}

/** Whether nobody has a user name. */
export const availableAnswer = z.strictObject({ available: z.boolean() });
export function wireAvailable(available: boolean): z.infer<typeof availableAnswer> {
  return { available };
}

const flagFilter = choice(['true', 'false']);
/** Filters and order of a list of users (additions §4). */
const filter = {
  search: textFilter,
  status: choice(['active', 'suspend', 'pending', 'locked']),
  provider: choice(['password', 'apple', 'google', 'anonymous']),
  factor: choice(['none', 'totp', 'phone']),
  locale: textFilter,
  createdFrom: optionalDate,
  createdTo: optionalDate,
  lastLogin: choice(['never', '30d', '90d']),
  waitsForPassword: flagFilter.transform((flag) => (flag === undefined ? undefined : flag === 'true')),
};
export const userFilter = { ...filter, sort: choice(['created', '-created', 'lastLogin', '-lastLogin']) };
/** The same in a body, for what is done to all whom it finds. */
export const bulkFilter = z.strictObject({
  ...filter,
  waitsForPassword: z.union([z.boolean(), filter.waitsForPassword]).optional(),
});
