import type { User } from '../../model/user.ts';

/** The record after which no code that was sent to the user opens anything, nor what waited for one. */
export function withoutSentCodes(user: User): User {
  return {
    ...user,
    resetCode: undefined,
    smsCode: undefined,
    phoneCode: undefined,
    pendingPhone: undefined,
    handleCode: undefined,
    pendingHandle: undefined,
  };
}
