import type { App } from '../../server/model/app.ts';
import type { TestHost } from './host.ts';

/** Every figure of an app over all days, by metric and dimensions: `signup_requested code EN`. */
export async function figuresOf(
  { deps }: Pick<TestHost, 'deps'>,
  { id }: Pick<App, 'id'>,
): Promise<Record<string, number>> {
  await deps.activity.flush();
  const sums: Record<string, number> = {};
  for await (const { metric, first, second, count } of deps.store.figures.stream(id)) {
    const name = [metric, first, second].filter((part) => part !== '').join(' ');
    sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

/** Those of some metrics. */
export async function figuresNamed(
  host: Pick<TestHost, 'deps'>,
  app: Pick<App, 'id'>,
  metrics: RegExp,
): Promise<Record<string, number>> {
  const all = await figuresOf(host, app);
  return Object.fromEntries(Object.entries(all).filter(([name]) => metrics.test(name)));
}
