import type { App } from '../../model/app.ts';
import { type Message, ownMailAccount } from '../../model/message.ts';
import type { Deps } from '../../ports/deps.ts';
import { walkSenderRecords } from './sender-records.ts';
import { inOrder, type WalkStep } from './walk-step.ts';

/** Steps of handing over, behind those that look at the sender's records. */
const HANDOVER = ['dns', 'tcp', 'tls', 'auth', 'sender', 'recipient', 'accepted'];

export type WalkDeps = Pick<Deps, 'mailer' | 'texter' | 'dnsRecords'> & {
  config: Pick<Deps['config'], 'dkimSelectors'>;
};

/**
 * Goes the way of a mail of this app, or of the host, and says of each step what was seen and what to do:
 * `sender_dns spf dkim dmarc dns tcp tls auth sender recipient accepted` (additions §6). Without a message
 * nothing is sent, and the last steps are unknown.
 */
export async function walkMail(deps: WalkDeps, app: App | undefined, message?: Message): Promise<WalkStep[]> {
  const way = deps.mailer.way(app);
  const [records, taken] = await Promise.all([
    walkSenderRecords(deps.dnsRecords, { way, selectors: deps.config.dkimSelectors }),
    deps.mailer.verify(message, app),
  ]);
  const isOwn = ownMailAccount(app) !== undefined;
  return [...records, ...inOrder(HANDOVER, taken, { ...way, isOwn }, whyNot(way.kind, message))];
}

/** The same for an SMS: `dns tcp tls auth sender recipient accepted`. */
export async function walkSms(deps: WalkDeps, app: App | undefined, message?: Message): Promise<WalkStep[]> {
  const way = deps.texter.way(app);
  const taken = await deps.texter.verify(message, app);
  const isOwn = app?.twilio !== undefined;
  return inOrder(HANDOVER, taken, { ...way, isOwn }, whyNot(way.kind, message));
}

function whyNot(kind: string, message: Message | undefined): string {
  if (kind === 'outbox') return 'messages go to a file; there is nobody to ask';
  if (kind === 'none') return 'there is no account for SMS';
  return message ? 'not asked of this provider' : 'nothing was sent';
}
