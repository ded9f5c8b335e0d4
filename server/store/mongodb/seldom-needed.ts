import Module, { createRequire } from 'node:module';

type Exports = Record<string, ((...args: unknown[]) => unknown) | undefined>;

/**
 * Puts off what the driver loads and nearly no host uses, 4 MiB of tables: those that prepare a password that
 * is no ASCII, and those for domains in a connection string that are none. What is loaded in their place
 * loads them when it is first called. Must be called before the driver is loaded.
 */
export function loadLater(): void {
  const ofDriver = createRequire(createRequire(import.meta.url).resolve('mongodb'));
  const ofStrings = createRequire(ofDriver.resolve('mongodb-connection-string-url'));
  standIn(ofDriver, '@mongodb-js/saslprep', ['saslprep', 'default']);
  standIn(createRequire(ofStrings.resolve('whatwg-url')), 'tr46', ['toASCII', 'toUnicode']);
}

function standIn(from: NodeJS.Require, name: string, functions: readonly string[]): void {
  const path = from.resolve(name);
  if (from.cache[path]) return;
  const real = (): Exports => {
    if (from.cache[path] === placeholder) delete from.cache[path];
    return from(name);
  };
  const placeholder = new Module(path);
  placeholder.filename = path;
  placeholder.loaded = true;
  placeholder.exports = Object.fromEntries(
    functions.map((one) => [one, (...args: unknown[]) => real()[one]?.(...args)]),
  );
  from.cache[path] = placeholder;
}
