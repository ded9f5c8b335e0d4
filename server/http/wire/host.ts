import { z } from 'zod';
import type { HostOverview } from '../../domain/portal/host.ts';
import { okAnswer } from './test-outcome.ts';
import { timeText, wireTime } from './time.ts';

/** The running host (additions §3). */
export const hostAnswer = z.strictObject({
  name: z.string(),
  version: z.string(),
  apiUrl: z.string(),
  startedAt: timeText,
  database: z.strictObject({ kind: z.enum(['sqlite', 'mongodb']), ok: okAnswer }),
  mail: z.strictObject({ kind: z.enum(['outbox', 'smtp', 'sendgrid']), from: z.string() }),
  sms: z.strictObject({ kind: z.enum(['outbox', 'twilio', 'none']) }),
  insecure: z.array(z.string()),
  apps: z.int(),
  users: z.int(),
  node: z.string(),
  disk: z.strictObject({ free: z.number(), total: z.number() }).optional(),
  lastBackupAt: timeText.optional(),
  hashQueue: z.int(),
  clientAddress: z.string().optional(),
});
/** Members as they are answered. */
export function wireHost(host: HostOverview): z.infer<typeof hostAnswer> {
  const { startedAt, lastBackupAt, insecure } = host;
  return {
    ...host,
    insecure: [...insecure],
    startedAt: wireTime(startedAt),
    lastBackupAt: wireTime(lastBackupAt),
  };
}

/** Settings as they hold; secrets without a value. */
export const settingsAnswer = z.array(
  z.strictObject({
    name: z.string(),
    value: z.string().optional(),
    origin: z.enum(['environment', 'file', 'default']),
    secret: z.boolean(),
  }),
);

/** What the checks found. */
export const checksAnswer = z.array(
  z.strictObject({ name: z.string(), ok: okAnswer, detail: z.string(), repair: z.string().optional() }),
);
