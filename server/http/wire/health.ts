import { z } from 'zod';
import type { Readiness } from '../../ports/readiness.ts';

/** The process runs. */
export const aliveAnswer = z.strictObject({ status: z.literal('ok') });
export function wireAlive(): z.infer<typeof aliveAnswer> {
  return { status: 'ok' };
}

/** Whether the host can serve, and whether its database is there. */
export const readinessAnswer = z.strictObject({
  status: z.enum(['ready', 'unavailable']),
  database: z.enum(['ok', 'down']),
});
export function wireReadiness({ database, draining }: Readiness): z.infer<typeof readinessAnswer> {
  return { status: database === 'ok' && !draining ? 'ready' : 'unavailable', database };
}
