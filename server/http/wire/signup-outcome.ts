import { z } from 'zod';
import type { SignupOutcome } from '../../domain/joining/signup-outcome.ts';

/** What became of a signup (additions §8). */
export const signupOutcomeAnswer = z.strictObject({ state: z.enum(['waiting', 'verified', 'setPassword']) });
export function wireSignupOutcome(state: SignupOutcome): z.infer<typeof signupOutcomeAnswer> {
  return { state };
}
