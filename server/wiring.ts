import { AsyncLocalStorage } from 'node:async_hooks';
import { join } from 'node:path';
import { archives } from './archive/archives.ts';
import { createForeignFiles } from './archive/foreign/files.ts';
import { createLocalAssets } from './assets/local.ts';
import { createAssetStorages } from './assets/storages.ts';
import { createHostFacts } from './checks/host-facts.ts';
import { whyUnreadable } from './config/unreadable-file.ts';
import { createDnsRecords } from './delivery/dns.ts';
import { createMailer } from './delivery/mailer.ts';
import { openOutbox } from './delivery/outbox.ts';
import { createRenderer } from './delivery/render.ts';
import { TextFilesError } from './delivery/text-files.ts';
import { createTexter } from './delivery/texter.ts';
import { startAssetRemoval } from './domain/assets/removal.ts';
import { startHousekeeping } from './domain/housekeeping.ts';
import { startJobs } from './domain/jobs/runner.ts';
import { startDelivery } from './domain/messages/delivery-queue.ts';
import { isKnownUser } from './domain/portal/activity.ts';
import { startRelisting } from './domain/relisting.ts';
import { startRecordingSubjects } from './domain/tokens/subjects.ts';
import { hints } from './http/frame/hints.ts';
import { createOrigin } from './http/frame/origin.ts';
import { createActivityLog } from './log/activity-log.ts';
import { createEvents } from './log/events.ts';
import { createFigures } from './log/figures.ts';
import type { Logger } from './log/logger.ts';
import type { MetricsPort } from './log/metrics.ts';
import { requestContext } from './log/request-context.ts';
import type { Config } from './model/config.ts';
import type { Job } from './model/job.ts';
import type { Clock } from './ports/clock.ts';
import type { Renderer } from './ports/delivery/renderer.ts';
import type { Deps } from './ports/deps.ts';
import type { Events } from './ports/log/events.ts';
import type { Metrics } from './ports/log/metrics.ts';
import { createAppTokens } from './security/app-tokens.ts';
import { systemClock } from './security/clock.ts';
import { createCodes } from './security/codes.ts';
import { createCursors } from './security/cursors.ts';
import { openDataKey } from './security/data-key.ts';
import { loadHostKey } from './security/host-key.ts';
import { createHostTokens } from './security/host-tokens.ts';
import { createIdentityTokens } from './security/identity-token.ts';
import { createKeyPairs } from './security/key-pairs.ts';
import { createPasswordHasher } from './security/password-hash.ts';
import { qrCodes } from './security/qr-code.ts';
import type { RsaPair } from './security/rsa-pair.ts';
import { totp } from './security/totp.ts';
import { dataFolderId } from './start/data-folder.ts';
import { EXIT, StartError } from './start/exit.ts';
import { databaseProblem, openEngine } from './start/open-engine.ts';
import { type ReadinessWatch, watchReadiness } from './start/readiness.ts';
import { sealEarlierRows } from './start/row-sealing.ts';
import { createMetaStore } from './store/meta.ts';
import { createStore } from './store/store.ts';
import { onceDone } from './tools/once.ts';

const WARM_AFTER_MS = 2_000;
/** Counts nothing: the metrics port is off. */
const NO_METRICS: Metrics = { login() {}, message() {}, request() {} };

/** All ports with their adapters, and the way to end them. */
export interface Wired extends Deps {
  readonly readiness: ReadinessWatch;
  readonly hostKeyBits: number;
  /**
   * Seals anew what an earlier version of the host left in the clear, then begins what runs beside requests:
   * sending messages, sweeping, metrics port. For a host, not for a command that only looks something up.
   */
  begin(): Promise<void>;
  /** Ends background work, writes what is waiting and closes the store. */
  stop(): Promise<void>;
}

/**
 * The only place that chooses adapters. Opens keys first, then the database (for at most
 * `databaseWaitSeconds`), then everything that rests on them. Throws `HostKeyError`, `WrongEncryptKeyError`
 * and `StartError`; nothing stays open then. `hostKey`: where it is being opened already.
 */
export async function buildDeps(
  config: Config,
  log: Logger,
  { clock = systemClock, hostKey: opening }: { clock?: Clock; hostKey?: Promise<RsaPair> } = {},
): Promise<Wired> {
  const events = createEvents(log);
  const hostKey = (await opening) ?? loadHostKey({ ...config, passPhrase: config.passKey });
  const renderer = openRenderer(config, events);
  const engine = await openEngine(config);
  try {
    const dataKey = await openDataKey({ meta: createMetaStore(engine), encryptKey: config.encryptKey });
    const { cipher, lookups } = dataKey;
    let isWhole = dataKey.whole;
    const { encryptUserData } = config;
    const sealing = { cipher, encryptUserData, events, isWhole: () => isWhole };
    const store = createStore({ engine, lookups, clock, ...sealing });
    const codes = createCodes({ key: dataKey.codesKey, asker: () => origin.bucket() });
    const hostTokens = createHostTokens({ ...hostKey, config, clock, codes });
    const origin = createOrigin({ lookups, hostTokens });
    const passwords = createPasswordHasher({
      memoryKib: config.passwordHashMemoryKib,
      passes: config.passwordHashPasses,
      events,
      client: () => requestContext.getStore(),
    });
    const keyPairs = createKeyPairs();
    const outbox = openOutbox({ dataDir: config.dataDir, clock, log, terminal: process.stderr });
    const dnsRecords = createDnsRecords();
    const mailer = createMailer({ config, outbox, records: dnsRecords });
    const texter = createTexter({ config, outbox, records: dnsRecords });
    const hostKeyBits = hostKey.publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
    const port = config.metricsPort === undefined ? undefined : await openMetrics(passwords);
    const readiness = watchReadiness({ ping: () => store.ping(), clock, events });
    const figures = createFigures({ store, clock, wake: () => activity.wake() });
    const activity = createActivityLog({
      store: store.activity,
      codes,
      clock,
      events,
      isKnownUser: (appId, handle) => isKnownUser({ store }, appId, handle),
      handleOfUser: async (appId, userId) => (await store.users.find(appId, userId))?.handle,
      alongside: figures,
    });
    const localAssets = createLocalAssets({
      dataDir: config.dataDir,
      baseUrl: () => config.apiUrl,
      lookups,
      newId: codes.newId,
    });
    let wake: Deps['wakeDelivery'] = () => {};
    let deliveryHasRoom = () => false;
    let wakeJobs = () => {};
    let wakeAssets = () => {};
    let background: { stop(): Promise<void> }[] = [];
    const deps: Deps = {
      config,
      store,
      passwords,
      hostTokens,
      appTokens: createAppTokens(),
      identityTokens: createIdentityTokens({ config, clock }),
      keyPairs,
      codes,
      cursors: createCursors(dataKey.cursorCipher),
      totp,
      qrCodes,
      mailer,
      texter,
      dnsRecords,
      renderer,
      archives,
      foreignFiles: createForeignFiles({
        dataDir: config.dataDir,
        maxBytes: config.moveInMaxMb * 1024 * 1024,
        salt: (name) => lookups.key('host', 'import', name),
        folder: () => dataFolderId(config.dataDir, codes.newId),
      }),
      assetStorages: createAssetStorages({
        local: localAssets,
        clock,
        privateEndpoints: config.assetPrivateEndpoints,
        records: dnsRecords,
      }),
      localAssets,
      activity,
      events,
      figures,
      metrics: port?.metrics ?? NO_METRICS,
      clock,
      readiness,
      origin,
      host: createHostFacts({ config, hostKeyBits, clock, store, delivery: { mailer, texter, dnsRecords } }),
      hints,
      cipher,
      handleRef: (appId, handle) => lookups.key(appId, 'handle', handle).slice(0, 12),
      wakeDelivery: (taken) => wake(taken),
      deliveryHasRoom: () => deliveryHasRoom(),
      wakeJobs: () => wakeJobs(),
      wakeAssets: () => wakeAssets(),
    };
    return {
      ...deps,
      readiness,
      hostKeyBits,
      async begin() {
        if (!isWhole) {
          await sealEarlierRows(engine, sealing, config, dataKey.markWhole);
          isWhole = true;
        }
        const metricsPort = await port?.listen(config.metricsPort ?? 0, config.metricsHost);
        const outsideRequests = AsyncLocalStorage.snapshot();
        const delivery = startDelivery(deps);
        // What is sent belongs to no request, whichever asked for it.
        wake = (taken) => outsideRequests(() => delivery.wake(taken));
        deliveryHasRoom = delivery.hasRoom;
        // What few hosts do is loaded with the first job that asks for it.
        const moveIn = onceDone(async () =>
          (await import('./domain/transfer/move-in-work.ts')).moveInWork(deps),
        );
        const works = {
          bulk: async (job: Job) => (await import('./domain/portal/bulk.ts')).bulkStep(deps, job),
          import: async (job: Job) => (await moveIn())(job),
        };
        const jobs = startJobs(deps, works, deps.foreignFiles.folder);
        wakeJobs = jobs.wake;
        const assetRemoval = startAssetRemoval(deps);
        wakeAssets = assetRemoval.wake;
        background = [
          delivery,
          jobs,
          assetRemoval,
          startHousekeeping(deps),
          startRecordingSubjects(deps),
          startRelisting(deps),
          ...(metricsPort ? [metricsPort] : []),
        ];
        // Later, for it would take a core from the start.
        setTimeout(() => keyPairs.warm(), WARM_AFTER_MS).unref();
      },
      async stop() {
        readiness.stop();
        keyPairs.close();
        await Promise.all(background.map((work) => work.stop()));
        await activity.close();
        await store.close();
      },
    };
  } catch (error) {
    await engine.close();
    throw databaseProblem(error, engine.kind) ?? error;
  }
}

/** What counts is loaded only where somebody asks for it. */
async function openMetrics(passwords: Deps['passwords']): Promise<MetricsPort> {
  const { createMetrics } = await import('./log/metrics.ts');
  return createMetrics(() => passwords.waiting);
}

/** Throws `StartError` (78) when an own text or page of the operator is broken. */
function openRenderer({ dataDir }: Config, events: Events): Renderer {
  try {
    return createRenderer({ dataDir, events });
  } catch (error) {
    const repair = 'correct the file, or remove it to get the built-in text back';
    if (error instanceof TextFilesError) {
      const problems = error.problems.map(({ path, problem }) => ({
        name: `templates/${path}`,
        problem,
        repair,
      }));
      throw new StartError(EXIT.wrongConfiguration, problems);
    }
    const reason =
      error instanceof Error && 'code' in error
        ? whyUnreadable(join(dataDir, 'templates'), error)
        : { problem: error instanceof Error ? error.message : 'cannot be read', repair };
    throw new StartError(EXIT.wrongConfiguration, [{ name: 'templates', ...reason }]);
  }
}
