import type { App } from '../../model/app.ts';
import type { User } from '../../model/user.ts';
import { wireTime } from './time.ts';

/** What a user sees of the own account (contract §3.5.15); what is unset is left out. */
export function wireUser(user: User) {
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
export function portalUser(user: User, app: Pick<App, 'id'>) {
  return {
    ...wireUser(user),
    _id: user.id,
    appId: app.id,
    uid: user.uid,
    socialUserId: user.socialUserId,
    lockedAt: wireTime(user.lockedAt),
  };
}
