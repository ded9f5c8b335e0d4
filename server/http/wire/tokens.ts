import { z } from 'zod';
import type { LoginChallenge } from '../../domain/login/password-login.ts';
import type { IssuedTokens } from '../../domain/tokens/issue-tokens.ts';

/** Both tokens of somebody who is logged in, by their published names (contract §1.1). */
export function wireTokens({ jwt, accessToken }: IssuedTokens): { jwt: string; 'access-token': string } {
  return { jwt, 'access-token': accessToken };
}

export const joinedAnswer = z.object({
  jwt: z.string(),
  'access-token': z.string(),
  'signed-user-token': z.string(),
});

/** The tokens of somebody who joined. Older Swift clients demand the JWT under a name of before, too (additions §2). */
export function wireJoined(tokens: IssuedTokens): z.infer<typeof joinedAnswer> {
  return { ...wireTokens(tokens), 'signed-user-token': tokens.jwt };
}

/** Tokens, or the login token that waits for a second factor. */
export function wireLogin(answer: IssuedTokens | LoginChallenge) {
  return 'loginToken' in answer ? { 'login-token': answer.loginToken } : wireTokens(answer);
}

/** Tokens, or `true` when a message with a code or link went out. */
export function wireSignup(answer: IssuedTokens | true) {
  return answer === true ? answer : wireTokens(answer);
}
