import { z } from 'zod';
import type { LoginChallenge } from '../../domain/login/password-login.ts';
import type { IssuedTokens } from '../../domain/tokens/issue-tokens.ts';
import { doneAnswer } from './done.ts';

/** Both tokens of somebody who is logged in, by their published names (contract §1.1). */
export const tokensAnswer = z.strictObject({ jwt: z.string(), 'access-token': z.string() });
export function wireTokens({ jwt, accessToken }: IssuedTokens): z.infer<typeof tokensAnswer> {
  return { jwt, 'access-token': accessToken };
}

/**
 * The tokens of somebody who joined. Older Swift clients demand the JWT under a name of before, too
 * (additions §2).
 */
export const joinedAnswer = tokensAnswer.extend({ 'signed-user-token': z.string() });
export function wireJoined(tokens: IssuedTokens): z.infer<typeof joinedAnswer> {
  return { ...wireTokens(tokens), 'signed-user-token': tokens.jwt };
}

/** Tokens, or the login token that waits for a second factor. */
export const loginAnswer = z.union([tokensAnswer, z.strictObject({ 'login-token': z.string() })]);
export function wireLogin(answer: IssuedTokens | LoginChallenge): z.infer<typeof loginAnswer> {
  return 'loginToken' in answer ? { 'login-token': answer.loginToken } : wireTokens(answer);
}

/** Tokens, or `true` when a message with a code or link went out. */
export const signupAnswer = z.union([tokensAnswer, doneAnswer]);
export function wireSignup(answer: IssuedTokens | true): z.infer<typeof signupAnswer> {
  return answer === true ? answer : wireTokens(answer);
}
