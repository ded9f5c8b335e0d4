import type { LogRow } from '../../client/host/logs.ts';
import type { UserDetail } from '../../client/host/users.ts';
import { isAnonymous } from '../../server/model/user.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { type Fault, found, unlessRefused } from '../fault.ts';
import { keepsAssets, usageOf } from '../files/usage.ts';
import type { Form } from '../frame/form.ts';
import { Refusal } from '../frame/refusal.ts';
import type { PortalReply, PortalRoute } from '../frame/route.ts';
import { mask } from '../mask.ts';
import { accessOf } from '../roles.ts';
import { metadataInputs } from '../user-metadata.ts';
import { providerOf, stateOf } from './users.ts';

const LOG_ROWS = 20;

/** One user of an app. */
export const userRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '/users/:id', may: 'seeUsers', respond: (request) => userPage(request) }),
];

/** What was typed into one of the page's forms, and why it was refused. */
export interface Refused {
  form: Form;
  fault: Fault;
}

/** The user that an address names. Throws `Refusal` 404. */
export async function userOf({ host, appId, params }: AppRequest): Promise<UserDetail> {
  const { id = '' } = params;
  if (!/^[\da-f]{24}$/.test(id)) throw new Refusal(404);
  return found(host.users.get({ appId, userId: id }));
}

/** The page of a user; with what was refused of one of its forms, 422. */
export async function userPage(request: AppRequest, refused?: Refused): Promise<PortalReply> {
  const user = await userOf(request);
  const { access, base, texts } = request;
  const shown = access === 'masked' ? mask : (text: string) => text;
  const model = {
    address: `${base}/users/${user._id}`,
    handle: shown(user.handle),
    userName: user.userName && shown(user.userName),
    state: stateOf(user),
    status: texts.say(`users.status.${stateOf(user)}`),
    facts: factsOf(request, user),
    files: await filesOf(request, user),
    invitesAddress:
      access === 'full' && user.invitesSent > 0
        ? `${base}/invites?sender=${encodeURIComponent(user.handle)}`
        : undefined,
    whole: access === 'full' ? await wholeOf(request, user, refused) : undefined,
  };
  return appPage(request, 'user', { literal: model.handle }, model, { status: refused ? 422 : 200 });
}

function factsOf({ access, texts }: AppRequest, user: UserDetail) {
  const { phone, importedFrom } = user;
  const number = phone && (access === 'masked' ? mask(phone) : phone);
  const since = user.phoneVerified ? 'user.phoneVerified' : 'user.phoneUnverified';
  return {
    provider: texts.say(`users.provider.${providerOf(user)}`),
    locale: user.locale,
    phone: number && `${number} · ${texts.say(since)}`,
    importedFrom,
    invitesSent: user.invitesSent,
    invitesAccepted: user.invitesAccepted,
    times: [
      ['users.created', user.createdAt],
      ['user.updated', user.updatedAt],
      ['users.lastLogin', user.lastLogin],
      ['user.lockedAt', user.lockedAt],
      ['user.waitsUntil', user.waitsUntil],
      ['user.sessionsEndedAt', user.sessionsEndedAt],
    ].flatMap(([name, at]) => (name && at ? [{ label: texts.say(name), at }] : [])),
  };
}

/** What the files of a user take; undefined where the app keeps none. */
async function filesOf({ host, app, appId, base, texts }: AppRequest, { _id }: UserDetail) {
  if (!keepsAssets(app)) return undefined;
  const { owners } = await host.assets.list({ appId, userId: _id, limit: 1 });
  const usage = usageOf(texts, app, owners.find(({ userId }) => userId === _id)?.bytes ?? 0);
  return { ...usage, href: `${base}/assets?userId=${_id}` };
}

/** What only those see who may read everything. */
async function wholeOf(request: AppRequest, user: UserDetail, refused: Refused | undefined) {
  const { host, appId, app, base, operator, query, texts } = request;
  const [token, log] = await Promise.all([
    // Somebody who lacks a required field gets none.
    unlessRefused(host.tokens.sample({ appId, userId: user._id })),
    host.logs.list({ appId, userId: user._id, limit: LOG_ROWS }),
  ]);
  const typed = refused?.form;
  const metadata = user.metaData ?? {};
  const inputs = metadataInputs(app.metaData, metadata, typed?.has('asFields') ? typed : undefined);
  const wanted = typed?.has('asFields') ? 'form' : typed?.has('json') ? 'json' : query.get('metadata');
  const asJson = wanted === 'json' || inputs.length === 0;
  const given = (name: string, before = '') => (typed?.has(name) ? typed.get(name) : before);
  const locales = app.locales.includes(user.locale) ? app.locales : [user.locale, ...app.locales];
  const locale = given('locale', user.locale);
  return {
    ids: [
      { label: texts.say('users.handle'), value: user.handle },
      { label: texts.say('user.id'), value: user._id },
      { label: 'uid', value: user.uid },
      ...(user.sub === user.uid ? [] : [{ label: 'sub', value: user.sub }]),
      ...(user.socialUserId ? [{ label: texts.say('user.socialId'), value: user.socialUserId }] : []),
    ],
    revision: user.revision,
    isActive: user.status !== 'suspend',
    isOrdinary: user.loginProvider === '' && !isAnonymous(user.handle),
    isWaiting: user.lockedAt !== undefined || user.waitsUntil !== undefined,
    userNames: app.userNamesEnabled,
    userName: given('userName', user.userName),
    locales: locales.map((value) => ({ value, label: value, chosen: value === locale })),
    mayChangeHandle: accessOf(operator, 'changeHandle') === 'full',
    isFixed: app.userIdFormat !== 'uid',
    handle: given('handle', user.handle),
    phone: given('phone', user.phone),
    inputs,
    asJson,
    hasFields: inputs.length > 0,
    json: given('json', JSON.stringify(metadata, null, 2)),
    jsonAddress: `${base}/users/${user._id}?metadata=json`,
    formAddress: `${base}/users/${user._id}`,
    factors: user.factors,
    hasFactor: user.factors.totp || user.factors.phone,
    why: given('why'),
    token: token && {
      header: JSON.stringify(token.header, null, 2),
      claims: JSON.stringify(token.claims, null, 2),
      bytes: texts.number(token.bytes),
    },
    log: log.rows.map((row) => logLine(request, row)),
    logAddress: log.next && `${base}/logs?handle=${encodeURIComponent(user.handle)}`,
    mayExport: accessOf(operator, 'exportPerson') === 'full',
    mayDelete: accessOf(operator, 'deleteUser') === 'full',
    errors: errorsOf(refused),
  };
}

/** The sentence at its field; one for no field of the page stands over all of it. */
function errorsOf(refused: Refused | undefined) {
  const { field = '', text } = refused?.fault ?? {};
  const known = ['userName', 'locale', 'handle', 'phone', 'why', 'metaData'] as const;
  const at = (name: (typeof known)[number]) => (field === name ? text : undefined);
  return {
    userName: at('userName'),
    locale: at('locale'),
    handle: at('handle'),
    phone: at('phone'),
    why: at('why'),
    metaData: at('metaData'),
    page: known.some((name) => name === field) ? undefined : text,
  };
}

function logLine({ texts }: AppRequest, { action, value, status, by, createdAt }: LogRow) {
  const isGood = status === 'success';
  return { createdAt, action, value, by, isGood, outcome: texts.say(isGood ? 'user.worked' : 'user.failed') };
}
