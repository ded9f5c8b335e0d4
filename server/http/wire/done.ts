import { z } from 'zod';

/** The answer of a route that has nothing to tell (contract §2.1). */
export const doneAnswer = z.literal(true);
