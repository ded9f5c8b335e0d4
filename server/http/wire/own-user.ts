import { z } from 'zod';
import { subjectOf } from '../../domain/tokens/claims.ts';
import type { App } from '../../model/app.ts';
import type { User } from '../../model/user.ts';
import { timeText } from './time.ts';
import { userAnswer, wireUser } from './user.ts';

/** What a user sees of the own account and session (additions §2). */
export const ownUserAnswer = userAnswer.extend({
  uid: z.string(),
  sub: z.string(),
  hasPassword: z.boolean(),
  sessionEnds: timeText,
});

/** Without `sessionEnds`, which is of the token and not of the user. */
export function wireOwnUser(user: User, app: App): Omit<z.infer<typeof ownUserAnswer>, 'sessionEnds'> {
  return {
    ...wireUser(user),
    uid: user.uid,
    sub: subjectOf(app, user),
    hasPassword: user.passwordHash !== undefined,
  };
}
