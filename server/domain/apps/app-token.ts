import { withoutSuperUsers } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';
import { HOUR_MS } from '../../tools/duration.ts';
import { changeApp } from './apps.ts';

/**
 * A new app token; the old one works for `graceHours` more, and so does no older one longer than that.
 * Super-user tokens end at once. Throws `app_gone`.
 */
export async function rotateAppToken(
  deps: Pick<Deps, 'store' | 'clock' | 'hostTokens' | 'events'>,
  { appId, graceHours }: { appId: string; graceHours: number },
): Promise<string> {
  const { after: app } = await changeApp(deps, appId, async (current) => {
    const now = deps.clock.now();
    const until = now + graceHours * HOUR_MS;
    const generation = current.tokenGeneration + 1;
    const older = current.graceGenerations.map((grace) => ({
      ...grace,
      until: Math.min(grace.until, until),
    }));
    const graces = [...older, { generation: current.tokenGeneration, until }];
    return {
      ...withoutSuperUsers(current),
      appToken: await deps.hostTokens.issueAppToken({ appId, generation }),
      tokenGeneration: generation,
      graceGenerations: graces.filter((grace) => grace.until > now),
    };
  });
  deps.events.emit('app_token_rotated', { appId, graceHours });
  return app.appToken;
}
