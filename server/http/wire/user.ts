import type { IssuedTokens } from '../../domain/issue-tokens.ts';
import type { LoginChallenge } from '../../domain/login.ts';
import type { App } from '../../model/app.ts';
import type { User } from '../../model/user.ts';

export function wireTokens({ jwt, accessToken }: IssuedTokens): { jwt: string; 'access-token': string } {
  return { jwt, 'access-token': accessToken };
}

/** Tokens, or the login token that waits for a second factor. */
export function wireLogin(answer: IssuedTokens | LoginChallenge) {
  return 'loginToken' in answer ? { 'login-token': answer.loginToken } : wireTokens(answer);
}

/** Tokens, or `true` when a message with a code or link went out. */
export function wireSignup(answer: IssuedTokens | true) {
  return answer === true ? answer : wireTokens(answer);
}

/** A time as old clients parse it: ISO 8601 with three decimals and `Z` (contract C5). Undefined stays out of the answer. */
export function wireTime(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}

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
