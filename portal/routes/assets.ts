import type { Asset, AssetList, CheckOutcome } from '../../client/host/index.ts';
import { effectOf } from '../../client/host/index.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { faultOf } from '../fault.ts';
import { keepsAssets, sizeText, usageOf } from '../files/usage.ts';
import { Refusal } from '../frame/refusal.ts';
import { type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import { listAddress, listModel, PAGE_ROWS } from '../list.ts';
import { mask } from '../mask.ts';
import { accessOf } from '../roles.ts';
import { shownWalk } from '../walk.ts';

const ASSETS = '/assets';
const ID = /^[\w-]{1,64}$/;
const USER_ID = /^[\da-f]{24}$/;
const MB = 1024 ** 2;

/** Files of an app's users. */
export const assetRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: ASSETS, may: 'seeAssets', respond: (request) => show(request) }),
  appRoute({ method: 'POST', path: `${ASSETS}/test`, may: 'changeAssets', respond: test }),
  appRoute({
    method: 'GET',
    path: `${ASSETS}/remove`,
    may: 'changeAssets',
    respond: (request) => ask(request, request.query.getAll('id')),
  }),
  appRoute({ method: 'POST', path: `${ASSETS}/remove`, may: 'changeAssets', stepUp: true, respond: remove }),
];

interface Tried {
  outcome?: CheckOutcome;
  fault?: string;
}

async function show(request: AppRequest, { outcome, fault }: Tried = {}): Promise<PortalReply> {
  const { host, app, appId, base, query, operator, texts } = request;
  const userId = USER_ID.test(query.get('userId') ?? '') ? (query.get('userId') ?? '') : undefined;
  const after = query.get('after') ?? '';
  const isKept = keepsAssets(app);
  const found: AssetList =
    app.assetStorage === undefined
      ? { rows: [], owners: [] }
      : await host.assets.list({ appId, userId, after, limit: PAGE_ROWS });
  const path = base + ASSETS;
  const mayChange = accessOf(operator, 'changeAssets') === 'full';
  const handles = new Map(found.owners.map(({ userId: id, handle }) => [id, handle]));
  const model = {
    isKept,
    rows: found.rows.map((asset) => rowOf(request, asset, handles.get(asset.userId))),
    owners: ownersOf(request, found),
    list: listModel(path, query, { next: found.next }),
    ofUser: userId && { clear: listAddress(path, query, { userId: '' }) },
    facts: isKept ? factsOf(request) : [],
    mayChange,
    settingsAddress: accessOf(operator, 'seeSettings') === 'full' ? `${base}/settings#set-assets` : undefined,
    address: path,
    walk: outcome && shownWalk(texts, outcome, 'assets.testGood'),
    fault,
  };
  return appPage(request, 'assets', 'appBar.assets', model, { status: fault ? 422 : 200 });
}

/** Whose name it has is for those who may read names. */
function rowOf(request: AppRequest, asset: Asset, handle: string | undefined) {
  const { access, base, texts } = request;
  const { _id, userId, path, contentType, storageSize, createdAt, status, url, caption } = asset;
  const isMasked = access === 'masked';
  // As it was named on the device: the id makes it unique, and tells nobody anything.
  const name = (path.split('/').slice(1).join('/') || path).replace(`-${_id}`, '');
  return {
    id: _id,
    name: isMasked ? undefined : name,
    caption: isMasked ? undefined : caption,
    // An address comes from the storage: nothing but a web address is a link.
    url: !isMasked && /^https?:\/\//.test(url) ? url : undefined,
    type: contentType,
    size: sizeText(texts, storageSize),
    owner: ownerName(request, handle),
    ownerAddress: `${base}/users/${userId}`,
    isForAll: asset.access === 'app',
    isChanged: status === 'changed',
    createdAt,
  };
}

function ownerName({ access, texts }: AppRequest, handle: string | undefined): string {
  if (handle === undefined) return texts.say('assets.ownerGone');
  return access === 'masked' ? mask(handle) : handle;
}

/** Who of this page has how much, the most first. */
function ownersOf(request: AppRequest, { owners }: AssetList) {
  const { app, base, texts } = request;
  return [...owners]
    .sort((one, other) => other.bytes - one.bytes)
    .map(({ userId, handle, bytes }) => ({
      name: ownerName(request, handle),
      href: `${base}${ASSETS}?userId=${userId}`,
      ...usageOf(texts, app, bytes),
    }));
}

function factsOf({ app, texts, operator }: AppRequest) {
  const { assetStorage, assetMaxMb, assetQuotaMb, assetTypes, assetBucket } = app;
  const none = texts.say('assets.noQuota');
  return [
    { label: texts.say('set.assetStorage'), value: texts.say(`set.assetStorage.${assetStorage}`) },
    ...(assetStorage === 's3' && assetBucket && accessOf(operator, 'seeSettings') === 'full'
      ? [{ label: texts.say('set.assetBucket'), value: assetBucket }]
      : []),
    { label: texts.say('assets.types'), value: assetTypes },
    { label: texts.say('assets.largest'), value: sizeText(texts, assetMaxMb * MB) },
    { label: texts.say('assets.quota'), value: assetQuotaMb > 0 ? sizeText(texts, assetQuotaMb * MB) : none },
  ];
}

async function test(request: AppRequest): Promise<PortalReply> {
  const { host, hostId, appId, texts, audit } = request;
  try {
    const outcome = await host.assets.testStorage({ appId });
    await audit({ action: 'testStorage', host: hostId, appId, target: String(outcome.ok) });
    return await show(request, { outcome });
  } catch (error) {
    return show(request, { fault: faultOf(texts, error).text });
  }
}

/** Says what goes before it goes; for several the name of the app is typed. */
async function ask(
  request: AppRequest,
  given: readonly string[],
  { typed, fault }: { typed?: string; fault?: string } = {},
): Promise<PortalReply> {
  const { base, texts, app } = request;
  const ids = chosen(given);
  if (ids.length === 0) return redirect(base + ASSETS, { notice: 'assets.noneSelected' });
  const { key, values } = effectOf('removeAssets', { files: ids.length });
  const model = {
    action: `${base}${ASSETS}/remove`,
    effect: texts.say(key, { ...values, files: texts.number(ids.length) }),
    ids,
    isTyped: ids.length > 1,
    typed: typed ?? '',
    appTitle: app.name,
    back: base + ASSETS,
    fault,
  };
  return appPage(request, 'assets-remove', 'assets.remove', model, { status: fault ? 422 : 200 });
}

function chosen(ids: readonly string[]): string[] {
  return [...new Set(ids)].filter((id) => ID.test(id)).slice(0, PAGE_ROWS);
}

async function remove(request: AppRequest): Promise<PortalReply> {
  const { form, texts, host, hostId, app, appId, base, audit } = request;
  const ids = chosen(form.all('id'));
  if (ids.length === 0) throw new Refusal(422);
  const typed = form.get('typed');
  if (ids.length > 1 && typed.trim() !== app.name)
    return ask(request, ids, { typed, fault: texts.say('users.wrongName') });
  try {
    await host.assets.remove({ appId, ids });
  } catch (error) {
    return ask(request, ids, { typed, fault: faultOf(texts, error).text });
  }
  const target = ids.length === 1 ? ids[0] : texts.number(ids.length);
  await audit({ action: 'removeAssets', host: hostId, appId, ...(target !== undefined && { target }) });
  return redirect(base + ASSETS, { notice: 'assets.removed' });
}
