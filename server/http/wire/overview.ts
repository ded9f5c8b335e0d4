import { z } from 'zod';
import { APP_WARNINGS, type AppOverview } from '../../domain/portal/overview.ts';
import { listAnswer } from './list.ts';
import { portalAppAnswer } from './portal-app.ts';
import { timeText, wireTime } from './time.ts';

/** An app in one line (additions §4). */
const appOverviewAnswer = z.strictObject({
  appId: z.string(),
  name: z.string(),
  status: portalAppAnswer.shape.status,
  type: portalAppAnswer.shape.type,
  users: z.int(),
  new7d: z.int(),
  waitingSignups: z.int(),
  lastLogin: timeText.optional(),
  warnings: z.array(z.enum(APP_WARNINGS)),
  steps: z.strictObject({
    created: z.literal(true),
    messageSent: z.boolean(),
    signup: z.boolean(),
    login: z.boolean(),
    tokenVerified: z.boolean(),
  }),
});
export const overviewAnswer = listAnswer(appOverviewAnswer);

export function wireOverview({
  app,
  lastLogin,
  ...overview
}: AppOverview): z.infer<typeof appOverviewAnswer> {
  const { id: appId, name, status, type } = app;
  return { appId, name, status, type, ...overview, lastLogin: wireTime(lastLogin) };
}
