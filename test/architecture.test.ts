import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const LINES = 300;
/** As wide as the formatter lets code be: it leaves comments alone. */
const COLUMNS = (
  JSON.parse(readFileSync(join(PROJECT, 'biome.json'), 'utf8')) as { formatter: { lineWidth: number } }
).formatter.lineWidth;

/** The rooms of the domain: each may use those before it. */
const FLOWS = [
  ...['users', 'assets', 'attempts', 'messages', 'factors', 'tokens', 'apps', 'joining', 'login', 'account'],
  ...['jobs', 'transfer', 'portal', 'operators'],
];
/** The rooms of setup, likewise. */
const SETUP = ['terminal', 'installation', 'trying', 'checks', 'backup', 'wizard', 'commands'];

/** What the files of a folder may import besides each other. The first matching entry counts. */
const LAYERS: readonly { folder: string; below: readonly string[] }[] = [
  { folder: 'server/model/', below: [] },
  { folder: 'server/tools/', below: ['server/model/'] },
  { folder: 'server/ports/', below: ['server/model/', 'server/tools/'] },
  ...fromTheGroundUp('server/domain/', FLOWS, ['server/ports/', 'server/model/', 'server/tools/']),
  { folder: 'server/domain/', below: ['server/ports/', 'server/model/', 'server/tools/'] },
  // Engines take rows, errors and meta names from the folder they stand in, which knows neither of them.
  {
    folder: 'server/store/sqlite/',
    below: [
      'server/store/engine.ts',
      'server/store/counter-operations.ts',
      'server/store/tables.ts',
      'server/ports/',
      'server/model/',
      'server/tools/',
    ],
  },
  {
    folder: 'server/store/mongodb/',
    below: [
      'server/store/engine.ts',
      'server/store/counter-operations.ts',
      'server/store/cache.ts',
      'server/store/tables.ts',
      'server/ports/',
      'server/model/',
      'server/tools/',
    ],
  },
  { folder: 'server/store/', below: ['server/ports/', 'server/model/', 'server/tools/'] },
  { folder: 'server/delivery/', below: ['server/ports/', 'server/model/', 'server/tools/'] },
  { folder: 'server/security/', below: ['server/ports/', 'server/model/', 'server/tools/'] },
  { folder: 'server/log/', below: ['server/ports/', 'server/model/', 'server/tools/'] },
  // A storage is tried as a mail server is: with its steps.
  {
    folder: 'server/assets/',
    below: ['server/delivery/steps.ts', 'server/ports/', 'server/model/', 'server/tools/'],
  },
  { folder: 'server/archive/', below: ['server/ports/', 'server/model/', 'server/tools/'] },
  // The edge writes the request log and opens the context that events take their request id from.
  {
    folder: 'server/http/',
    below: [
      ...['server/domain/', 'server/log/', 'server/ports/', 'server/model/', 'server/tools/'],
      'server/config/version.ts',
    ],
  },
  {
    folder: 'portal/',
    below: [
      ...['server/domain/operators/', 'server/http/', 'server/log/', 'server/ports/', 'server/model/'],
      ...['server/tools/', 'server/config/addresses.ts', 'client/host/'],
      'server/domain/tokens/server-secret.ts',
    ],
  },
  // What starts the host hands its HTTP server the portal, which is loaded at its first use.
  { folder: 'server/run.ts', below: ['server/', 'portal/lazy.ts'] },
  { folder: 'server/', below: ['package.json'] },
  ...fromTheGroundUp('setup/', SETUP, [
    'server/',
    'client/user/',
    'setup/exit.ts',
    'setup/command.ts',
    'setup/options.ts',
  ]),
  { folder: 'setup/', below: ['server/'] },
  {
    folder: 'cli/',
    below: [
      ...[
        'client/host/',
        'client/user/',
        'setup/terminal/',
        'setup/installation/',
        'setup/trying/',
        'setup/exit.ts',
      ],
      ...['server/config/version.ts', 'server/config/addresses.ts', 'server/security/clock.ts'],
      ...['server/model/config.ts', 'server/start/compile-cache.mjs'],
    ],
  },
  // For other people's code: knows nothing of the host but its HTTP contract.
  { folder: 'client/', below: [] },
  { folder: 'test/', below: ['server/', 'setup/', 'client/', 'cli/', 'portal/'] },
];
/** Files that choose and start: nothing below them may know them. */
const TOP = /^server\/(?:start\/)?[^/]+$/;

/** Packages that more than one file needs, and where those files are. Every other package has exactly one. */
const SHARED_PACKAGES: Readonly<Record<string, RegExp>> = {
  mongodb: /^server\/store\/mongodb\//,
  koa: /^server\/http\//,
  // Messages and landing pages; the pages of the portal.
  handlebars: /^server\/delivery\/|^portal\//,
  // Schemas stand where something comes in: requests, and what tokens and sealed texts hold.
  // Tokens, here and in the back ends of others.
  jose: /^server\/security\/|^client\/verify\//,
  zod: /^server\/(?:http|security)\//,
};
/** Numbering plans are data, not a service. */
const DOMAIN_PACKAGES: Readonly<Record<string, string>> = {
  'libphonenumber-js': 'server/domain/users/phone-number.ts',
};

interface Source {
  file: string;
  text: string;
  /** Project files. */
  imports: { file: string; typeOnly: boolean }[];
  packages: string[];
}

function read(file: string): Source {
  const text = readFileSync(join(PROJECT, file), 'utf8');
  const specifiers = [
    ...[...text.matchAll(/^(?:import|export)\s+(?:([^;'"]*?)\s+from\s+)?'([^']+)'/gm)],
    ...[...text.matchAll(/\b(import)\('([^']+)'\)/g)],
  ].map(([, clause = '', specifier = '']) => ({ specifier, typeOnly: isTypeOnly(clause) }));
  return {
    file,
    text,
    imports: specifiers
      .filter(({ specifier }) => /^\.\.?\//.test(specifier))
      .map(({ specifier, typeOnly }) => ({ file: normalize(join(dirname(file), specifier)), typeOnly })),
    packages: specifiers
      .map(({ specifier }) => specifier)
      .filter((specifier) => !/^(?:\.|node:)/.test(specifier))
      .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier),
  };
}

/** A layer for each room of a house: it may use the rooms before it and `below`. */
function fromTheGroundUp(
  house: string,
  rooms: readonly string[],
  below: readonly string[],
): { folder: string; below: readonly string[] }[] {
  return rooms.map((room, floor) => ({
    folder: `${house}${room}/`,
    below: [...rooms.slice(0, floor).map((lower) => `${house}${lower}/`), ...below],
  }));
}

function isTypeOnly(clause: string): boolean {
  const names = /^\{(.*)\}$/s.exec(clause)?.[1]?.split(',') ?? [];
  return (
    clause.startsWith('type ') || (names.length > 0 && names.every((name) => /^\s*(?:type\s|$)/.test(name)))
  );
}

const sources = globSync('{server,setup,client,cli,portal,test}/**/*.{ts,mjs}', { cwd: PROJECT })
  .sort()
  .map(read);
const shipped = sources.filter(({ file }) => !file.startsWith('test/'));

/** Names of the shipped files, but for `except`, whose text matches. */
function shippedWith(pattern: RegExp, except: RegExp): string[] {
  return shipped.filter(({ file, text }) => pattern.test(text) && !except.test(file)).map(({ file }) => file);
}

describe('architecture', () => {
  it('has imports only downwards', () => {
    const upwards = sources.flatMap(({ file, imports }) => {
      const layer = LAYERS.find(({ folder }) => file.startsWith(folder));
      const allowed = layer ? [layer.folder, ...layer.below] : [];
      return imports
        .map((imported) => imported.file)
        .filter((to) => !allowed.some((start) => to.startsWith(start)))
        .map((to) => `${file} → ${to}`);
    });
    assert.deepEqual(upwards, []);
  });

  it('lets nothing below them know the files that choose and start', () => {
    const knowing = shipped.flatMap(({ file, imports }) =>
      TOP.test(file) || /^(?:setup|cli)\//.test(file)
        ? []
        : imports
            .filter((imported) => TOP.test(imported.file))
            .map((imported) => `${file} → ${imported.file}`),
    );
    assert.deepEqual(knowing, []);
  });

  it('keeps the engines apart', () => {
    const store = shipped.filter(({ file }) => file.startsWith('server/store/'));
    const engine = (file: string) => /^server\/store\/(\w+)\//.exec(file)?.[1];
    const crossing = store.flatMap(({ file, imports }) =>
      imports
        .map((imported) => imported.file)
        .filter((to) => engine(to) !== undefined && engine(to) !== engine(file))
        .map((to) => `${file} → ${to}`),
    );
    assert.deepEqual(crossing, []);
  });

  it('imports only files that are there', () => {
    const files = new Set(sources.map(({ file }) => file));
    const missing = sources.flatMap(({ file, imports }) =>
      imports
        .filter((to) => /\.(?:ts|mjs)$/.test(to.file) && !files.has(to.file))
        .map((to) => `${file} → ${to.file}`),
    );
    assert.deepEqual(missing, []);
  });

  it('never imports in a circle', () => {
    assert.deepEqual(circles(sources), []);
  });

  it('has every package imported by one file, or by the folder it belongs to', () => {
    const users = new Map<string, string[]>();
    for (const { file, packages } of shipped) {
      for (const name of new Set(packages)) users.set(name, [...(users.get(name) ?? []), file]);
    }
    const spread = [...users].filter(([name, files]) => {
      const home = SHARED_PACKAGES[name];
      return home ? files.some((file) => !home.test(file)) : files.length > 1;
    });
    assert.deepEqual(Object.fromEntries(spread), {});
  });

  it('keeps packages out of model, ports and domain', () => {
    const importing = shipped
      .filter(({ file }) => /^server\/(?:tools|model|ports|domain)\//.test(file))
      .flatMap(({ file, packages }) => packages.map((name) => ({ file, name })))
      .filter(({ file, name }) => DOMAIN_PACKAGES[name] !== file);
    assert.deepEqual(importing, []);
  });

  it('reads the environment in the configuration only', () => {
    // What starts sizes the thread pool and finds compiled code before anything is imported.
    assert.deepEqual(
      shippedWith(/process\.env\b/, /^server\/config\/load\.ts$|^(?:server|setup|cli)\/start\.mjs$/),
      [],
    );
  });

  it('asks only the clock for the time', () => {
    assert.deepEqual(
      shippedWith(
        /\bDate\.now\(|new Date\(\)/,
        /^server\/wiring\.ts$|clock\.ts$|^client\/|^portal\/keys\/verifier-code\.ts$/,
      ),
      [],
    );
  });

  it('waits by the clock in the domain, but for the two that work beside requests', () => {
    assert.deepEqual(
      shippedWith(
        /\bset(?:Timeout|Interval|Immediate)\(|node:timers/,
        /^server\/(?!domain\/)|^(?:setup|client|cli|portal)\/|^server\/domain\/(?:housekeeping|messages\/delivery-queue)\.ts$/,
      ),
      [],
    );
  });

  it('uses randomness in security only, and never Math.random', () => {
    assert.deepEqual(shippedWith(/\bMath\.random\b/, /^$/), []);
    const sources = /\brandom(?:UUID|Bytes|Int|FillSync|Fill)\b|\bgetRandomValues\b/;
    assert.deepEqual(shippedWith(sources, /^server\/security\/|^(?:setup|client)\//), []);
  });

  it(`has no comment wider than ${COLUMNS} columns`, () => {
    const scripts = globSync('docker/*.{mjs,js}', { cwd: PROJECT }).map(read);
    const wide = [...sources, ...scripts].flatMap(({ file, text }) =>
      text
        .split('\n')
        .map((line, index) => ({ line, place: `${file}:${index + 1}` }))
        .filter(({ line }) => line.length > COLUMNS && /^\s*(?:\/\*|\*\s|\/\/)/.test(line))
        .map(({ place }) => place),
    );
    assert.deepEqual(wide, []);
  });

  it(`has no file of more than ${LINES} lines`, () => {
    const long = shipped.filter(({ text }) => text.split('\n').length > LINES + 1).map(({ file }) => file);
    assert.deepEqual(long, []);
  });
});

/** Every circle of imports that exist at run time, each once. */
function circles(all: readonly Source[]): string[] {
  const byFile = new Map(all.map((source) => [source.file, source]));
  const finished = new Set<string>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (file: string) => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file].join(' → '));
    if (start >= 0 || finished.has(file)) return;
    path.push(file);
    for (const imported of byFile.get(file)?.imports ?? []) if (!imported.typeOnly) visit(imported.file);
    path.pop();
    finished.add(file);
  };
  for (const { file } of all) visit(file);
  return found;
}
