import type { Job } from '../../client/host/data.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { found } from '../fault.ts';
import { Refusal } from '../frame/refusal.ts';
import { type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';

const JOB = '/users/jobs/:job';

/** How far a job over many users is, and its end before the end. */
export const userJobRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: JOB, may: 'actOnMany', respond: show }),
  appRoute({ method: 'POST', path: `${JOB}/stop`, may: 'actOnMany', respond: stop }),
];

async function show(request: AppRequest): Promise<PortalReply> {
  const { texts, base } = request;
  const job = await jobOf(request);
  const { read, total, report, state, reason, action } = job;
  const isOver = state !== 'waiting' && state !== 'running';
  return appPage(
    request,
    'user-job',
    { literal: jobTitle(request, job) },
    {
      address: `${base}/users/jobs/${job.job}`,
      heading: jobTitle(request, job),
      isOver,
      isGood: state !== 'failed',
      isMail: action === 'sendPasswordReset',
      state: texts.say(`job.state.${state}`),
      reason: reason && texts.say(`job.reason.${reason}`),
      by: job.by,
      startedAt: job.createdAt,
      endedAt: job.endedAt,
      share: total ? Math.min(read, total) : undefined,
      total,
      read: texts.number(read),
      of: total === undefined ? undefined : texts.number(total),
      report: Object.entries(report).map(([outcome, count]) => ({
        outcome: texts.has(`job.outcome.${outcome}`) ? texts.say(`job.outcome.${outcome}`) : outcome,
        count,
      })),
    },
  );
}

function jobTitle({ texts }: AppRequest, { action }: Job): string {
  const name = `users.do.${action ?? ''}`;
  return texts.say(texts.has(name) ? name : 'job.title');
}

async function stop(request: AppRequest): Promise<PortalReply> {
  const { host, hostId, appId, base, audit } = request;
  const { job } = await jobOf(request);
  await host.jobs.stop({ job });
  await audit({ action: 'stopJob', host: hostId, appId, target: job });
  return redirect(`${base}/users/jobs/${job}`);
}

async function jobOf({ host, appId, params }: AppRequest): Promise<Job> {
  const job = await found(host.jobs.get({ job: params.job ?? '' }));
  // Another app's may be outside the operator's limit.
  if (job.appId !== appId) throw new Refusal(404);
  return job;
}
