import type { AppRequest } from '../app/app-route.ts';
import { countText } from '../list.ts';

/**
 * What the part `waiting` needs: who moved in and never logged in since, and the reset mails that are being
 * sent to them. Undefined where nobody waits.
 */
export async function waitingModel({ host, appId, base, texts }: AppRequest) {
  const [found, jobs] = await Promise.all([
    host.users.list({ appId, waitsForPassword: true, limit: 1 }),
    host.jobs.list({ appId, limit: 20 }),
  ]);
  // Who logged in meanwhile may still be among those that are looked at.
  if (found.rows.length === 0 && found.next === undefined) return undefined;
  const drip = jobs.rows.find(
    ({ action, state }) => action === 'sendPasswordReset' && (state === 'running' || state === 'waiting'),
  );
  return {
    count: countText(texts, new URLSearchParams(), found),
    list: `${base}/users?waitsForPassword=true`,
    many: `${base}/users/many`,
    drip: drip && `${base}/users/jobs/${drip.job}`,
  };
}
