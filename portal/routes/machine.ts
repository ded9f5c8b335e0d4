import type { Check, CheckOutcome, HostFacts } from '../../client/host/index.ts';
import { faultOf } from '../fault.ts';
import { operatorRoute, type PortalReply, type PortalRoute, page, type Request } from '../frame/route.ts';
import { HERE } from '../host-client.ts';
import { accessOf } from '../roles.ts';
import { markOf, shownWalk } from '../walk.ts';

const HOST = '/portal/hosts/:host';
const GIB = 1024 ** 3;
/** Less of a disk is worth a warning. */
const LITTLE = 0.1;
const CHANNELS = { mail: 'testMail', sms: 'testSms' } as const;
type Channel = keyof typeof CHANNELS;

/** A host: how it is, what it is set to, and tries. */
export const machineRoutes: PortalRoute[] = [
  operatorRoute({ method: 'GET', path: HOST, may: 'seeHost', respond: (request) => show(request) }),
  operatorRoute({ method: 'GET', path: `${HOST}/checks`, may: 'testHost', respond: check }),
  ...(['mail', 'sms'] as const).map((channel) =>
    operatorRoute({
      method: 'POST',
      path: `${HOST}/${channel}`,
      may: 'testHost',
      respond: (request) => tryOut(request, channel),
    }),
  ),
];

interface Tried {
  checks?: Check[];
  channel?: Channel;
  to?: string;
  outcome?: CheckOutcome;
  fault?: string;
}

async function show(request: Request, tried: Tried = {}): Promise<PortalReply> {
  const { params, operator, texts, hosts } = request;
  const id = params.host ?? '';
  const client = await request.client(id);
  const [facts, settings, known] = await Promise.all([client.host.facts(), client.host.settings(), hosts()]);
  const of = (channel: Channel) => ({
    to: tried.channel === channel ? (tried.to ?? '') : channel === 'mail' ? operator.email : '',
    fault: tried.channel === channel ? tried.fault : undefined,
    walk: tried.channel === channel && tried.outcome ? shownWalk(texts, tried.outcome) : undefined,
  });
  const name = known.find((one) => one.id === id)?.name ?? facts.name;
  const isHere = id === HERE;
  const model = {
    address: `/portal/hosts/${encodeURIComponent(id)}`,
    name,
    facts: shownFacts(request, facts),
    insecure: facts.insecure,
    settings: settings.map(({ name: setting, value, origin, secret }) => ({
      setting,
      value: secret ? '••••••' : (value ?? ''),
      origin: texts.say(`machine.origin.${origin}`),
      isSet: origin !== 'default',
    })),
    checks: tried.checks?.map(({ ok, ...rest }) => ({ ...rest, ...markOf(texts, ok) })),
    mail: of('mail'),
    sms: of('sms'),
    isHere,
    edit: !isHere && accessOf(operator, 'changeHosts') === 'full' ? `/portal/hosts/${id}/edit` : undefined,
  };
  return page('machine', { literal: name }, model, { status: tried.fault ? 422 : 200 });
}

function shownFacts({ texts, address }: Request, facts: HostFacts) {
  const { database, mail, sms, disk, lastBackupAt, hashQueue, clientAddress } = facts;
  const size = (bytes: number) => `${texts.number(Math.round((bytes / GIB) * 10) / 10)} GiB`;
  const row = (name: string, value: string, mark = '') => ({
    label: texts.say(`machine.${name}`),
    value,
    mark,
  });
  const isTls = facts.apiUrl.startsWith('https:');
  return [
    row('version', `${facts.version} · Node ${facts.node}`),
    row('url', facts.apiUrl, isTls ? 'good' : ''),
    row('tls', texts.say(isTls ? 'on' : 'off'), isTls ? 'good' : ''),
    row('database', database.kind, database.ok === true ? 'good' : 'bad'),
    row('mail', `${mail.kind} · ${mail.from}`),
    row('sms', sms.kind),
    row('address', `${clientAddress ?? address}`),
    ...(disk
      ? [
          row(
            'disk',
            texts.say('machine.free', { free: size(disk.free), total: size(disk.total) }),
            disk.free < disk.total * LITTLE ? 'bad' : 'good',
          ),
        ]
      : []),
    row('queue', texts.number(hashQueue)),
    row('apps', texts.number(facts.apps)),
    row('users', texts.number(facts.users)),
    { label: texts.say('machine.started'), at: facts.startedAt },
    lastBackupAt === undefined
      ? row('backup', texts.say('machine.noBackup'), 'bad')
      : { label: texts.say('machine.backup'), at: lastBackupAt },
  ];
}

async function check(request: Request): Promise<PortalReply> {
  const client = await request.client(request.params.host ?? '');
  return show(request, { checks: await client.host.checks() });
}

async function tryOut(request: Request, channel: Channel): Promise<PortalReply> {
  const { form, params, texts } = request;
  const client = await request.client(params.host ?? '');
  const to = form.get('to').trim();
  try {
    return await show(request, { channel, to, outcome: await client.host[CHANNELS[channel]]({ to }) });
  } catch (error) {
    return show(request, { channel, to, fault: faultOf(texts, error).text });
  }
}
