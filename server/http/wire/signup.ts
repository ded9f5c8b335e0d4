import { z } from 'zod';
import type { ListedSignup } from '../../domain/portal/signups.ts';
import type { Signup } from '../../model/signup.ts';
import { listAnswer } from './list.ts';
import { timeText, wireTime } from './time.ts';

/** A signup row of the portal: never the code or the password hash (contract §8 S20). */
export const portalSignupAnswer = z.strictObject({
  _id: z.string(),
  appId: z.string(),
  handle: z.string(),
  status: z.enum(['pending', 'verified', 'active']),
  locale: z.string(),
  metaData: z.record(z.string(), z.unknown()),
  signupProvider: z.enum(['', 'apple', 'google']),
  createdAt: timeText,
  updatedAt: timeText,
});
export const portalSignupsAnswer = z.array(portalSignupAnswer);
export function portalSignup(signup: Signup): z.infer<typeof portalSignupAnswer> {
  return {
    _id: signup.id,
    appId: signup.appId,
    handle: signup.handle,
    status: signup.status,
    locale: signup.locale,
    metaData: signup.metaData,
    signupProvider: signup.signupProvider,
    createdAt: wireTime(signup.createdAt),
    updatedAt: wireTime(signup.updatedAt),
  };
}

/** A row of a list of signups (additions §4). */
export const signupListAnswer = listAnswer(
  z.strictObject({
    _id: z.string(),
    handle: z.string(),
    state: z.enum(['waiting', 'verified', 'expired']),
    startedAt: timeText,
    requests: z.int(),
    openedAt: timeText.optional(),
    verifiedAt: timeText.optional(),
    locale: z.string(),
    flow: z.string(),
  }),
);
export function listedSignup(signup: ListedSignup) {
  const { state, flow, calls = 1, openedAt, createdAt, beganAt = createdAt, updatedAt } = signup;
  return {
    _id: signup.id,
    handle: signup.handle,
    state,
    startedAt: wireTime(beganAt),
    requests: calls,
    openedAt: wireTime(openedAt),
    verifiedAt: state === 'verified' ? wireTime(updatedAt) : undefined,
    locale: signup.locale,
    flow,
  };
}
