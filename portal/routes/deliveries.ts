import { type Delivery, eachRow } from '../../client/host/index.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { Refusal } from '../frame/refusal.ts';
import { type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import { choiceFilter, listModel, PAGE_ROWS } from '../list.ts';
import { accessOf } from '../roles.ts';

const STATES = ['waiting', 'sent', 'failed', 'withdrawn'] as const;
/** So many failed messages are looked at for the one that is to be sent again. */
const LOOKED_AT = 2_000;

/** What became of the messages of an app. */
export const deliveryRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '/messages/delivery', may: 'seeDelivery', respond: showDeliveries }),
  appRoute({ method: 'POST', path: '/messages/delivery/:id', may: 'actOnUser', respond: retry }),
];

export async function showDeliveries(request: AppRequest): Promise<PortalReply> {
  const { host, appId, base, query, texts, access, operator } = request;
  const path = `${base}/messages/delivery`;
  const state = STATES.find((name) => name === query.get('state'));
  const after = query.get('after') ?? '';
  const asked = { appId, state, after, limit: PAGE_ROWS, reveal: access === 'full' };
  const { rows, next } = await host.host.messages(asked);
  const label = texts.say('messages.state');
  const filters = [
    choiceFilter(texts, query, { name: 'state', label, prefix: 'messages.state.', values: STATES }),
  ];
  return appPage(request, 'deliveries', 'messages.delivery', {
    rows: rows.map((row) => shown(request, row)),
    list: listModel(path, query, { filters, next }),
    mayRetry: accessOf(operator, 'actOnUser') === 'full',
    textsAddress: accessOf(operator, 'seeTexts') === 'full' ? `${base}/messages` : undefined,
  });
}

function shown({ base, texts }: AppRequest, row: Delivery) {
  const { id, to, template, locale, channel, state, tries, queuedAt, sentAt, nextTryAt, lastError } = row;
  const name = `messages.template.${template}`;
  return {
    to,
    locale,
    queuedAt,
    sentAt,
    nextTryAt,
    lastError,
    retry: state === 'failed' ? `${base}/messages/delivery/${id}` : undefined,
    template: texts.has(name) ? texts.say(name) : template,
    channel: texts.say(`numbers.message.${channel}`),
    state: texts.say(`messages.state.${state}`),
    isGood: state === 'sent',
    isBad: state === 'failed',
    tries: texts.number(tries),
  };
}

async function retry(request: AppRequest): Promise<PortalReply> {
  const { host, appId, base, params, audit, hostId } = request;
  const id = params.id ?? '';
  if (!(await isOfApp(request, id))) throw new Refusal(404);
  await host.host.retryMessage({ id });
  await audit({ action: 'retryMessage', host: hostId, appId, target: id });
  return redirect(`${base}/messages/delivery`, { notice: 'messages.retried' });
}

/** A host takes any id: this operator may see one app and not another. */
async function isOfApp({ host, appId }: AppRequest, id: string): Promise<boolean> {
  let seen = 0;
  for await (const row of eachRow((paging) => host.host.messages({ appId, state: 'failed', ...paging }))) {
    if (row.id === id) return true;
    if (++seen >= LOOKED_AT) return false;
  }
  return false;
}
