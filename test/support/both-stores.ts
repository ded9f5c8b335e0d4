import { after, before, describe } from 'node:test';
import { startTestHost, type TestHost, type TestHostOptions } from './host.ts';
import { type Mongod, mongodAvailable, NO_MONGOD, startMongod } from './mongod.ts';

/**
 * Describes a host's promises twice: on SQLite in memory and on a real MongoDB; without one the second half
 * is skipped, and says so. `define` gets a function that answers the running host.
 */
export function describeOnBothStores(
  name: string,
  define: (host: () => TestHost) => void,
  options: Omit<TestHostOptions, 'store' | 'mongoUrl'> = {},
): void {
  for (const store of ['sqlite', 'mongodb'] as const) {
    const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
    describe(`${name}, on ${store}`, { skip }, () => {
      let mongod: (Mongod & { stop(): Promise<void> }) | undefined;
      let host: TestHost;
      before(async () => {
        mongod = store === 'mongodb' ? await startMongod() : undefined;
        const database = `${name.replaceAll(/\W/g, '_').slice(0, 20)}_${process.pid}`;
        host = await startTestHost({ ...options, store, ...(mongod && { mongoUrl: mongod.url(database) }) });
      });
      after(async () => {
        await host?.stop();
        await mongod?.stop();
      });
      define(() => host);
    });
  }
}
