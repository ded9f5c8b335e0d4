import { accessSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../model/config.ts';
import { SETTINGS } from './settings.ts';
import { whyUnreadable } from './unreadable-file.ts';

/** What a part of a connection string is, as the driver takes it apart. */
interface MongoAddress {
  userInfo: string | undefined;
  hosts: string;
  /** Empty where none is named. */
  database: string;
  options: URLSearchParams;
}
interface Problem {
  problem: string;
  repair: string;
}

export const DEFAULT_DATABASE = 'cosync_auth';
/** MongoDB keeps its own things in these, and refuses or loses ours there. */
const OWN_DATABASES: readonly string[] = ['admin', 'local', 'config'];
/** Options that name files of this machine. */
const FILE_OPTIONS = ['tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile', 'tlsCertificateFile'];

/**
 * Takes `DB_CONN_STRING` apart: the database, and what is wrong with the text, each problem by a sentence of
 * its own. Connects to nothing and quotes no user or password.
 */
export function databaseAddress(
  text: string | undefined,
  dataDir: string,
): { database: Config['database']; problems: Problem[] } {
  if (text === undefined)
    return { database: { kind: 'sqlite', file: join(dataDir, 'host.db') }, problems: [] };
  if (text.startsWith('sqlite:')) {
    const file = text.slice('sqlite:'.length);
    const problem = { problem: 'names no file after sqlite:', repair: SETTINGS.DB_CONN_STRING.repair };
    return {
      database: { kind: 'sqlite', file: resolve(dataDir, file) },
      problems: file === '' ? [problem] : [],
    };
  }
  const address = takeApart(text);
  const name = address?.database || DEFAULT_DATABASE;
  return { database: { kind: 'mongodb', url: text, name }, problems: problemsOf(text, address, name) };
}

/** Whether a connection string names its database, and does not leave it to the default. */
export function namesDatabase(text: string): boolean {
  return Boolean(takeApart(text)?.database);
}

function takeApart(text: string): MongoAddress | undefined {
  const match = /^mongodb(?:\+srv)?:\/\/(?:([^@]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(text);
  if (!match) return undefined;
  const [, userInfo, hosts = '', database = '', options = ''] = match;
  return { userInfo, hosts, database: decoded(database) ?? database, options: new URLSearchParams(options) };
}

function problemsOf(text: string, address: MongoAddress | undefined, name: string): Problem[] {
  if (!/^mongodb(\+srv)?:\/\//.test(text)) {
    const problem = 'is neither mongodb://…, mongodb+srv://… nor sqlite:<file>';
    return [{ problem, repair: SETTINGS.DB_CONN_STRING.repair }];
  }
  if (/<[^<>]*>/.test(text)) {
    const repair = 'put the real password in its place, percent-encoded where it has special characters';
    return [{ problem: 'still holds a <placeholder>', repair }];
  }
  if (!address || !isEncoded(address.userInfo)) {
    const repair =
      'write : as %3A, / as %2F, ? as %3F, # as %23, [ as %5B, ] as %5D, @ as %40 and % as %25 in user name and password';
    return [{ problem: 'holds a user name or password that is not percent-encoded', repair }];
  }
  if (address.hosts === '' || /\s/.test(text)) {
    return [{ problem: 'names no server, or holds a blank', repair: SETTINGS.DB_CONN_STRING.repair }];
  }
  return [...nameProblems(name), ...fileProblems(address.options)];
}

/**
 * User and password, parted by the first colon; none of their own characters may mean something in an
 * address.
 */
function isEncoded(userInfo: string | undefined): boolean {
  if (userInfo === undefined) return true;
  const [user = '', ...password] = userInfo.split(':');
  return [user, password.join(':')].every((part) => !/[:/?#[\]@]/.test(part) && decoded(part) !== undefined);
}

function nameProblems(name: string): Problem[] {
  if (OWN_DATABASES.includes(name.toLowerCase())) {
    const repair = `name one of its own, such as /${DEFAULT_DATABASE}; a user kept in admin logs in with ?authSource=admin`;
    return [{ problem: `names ${name}, a database of the server itself`, repair }];
  }
  if (/^[A-Za-z0-9_-]{1,63}$/.test(name)) return [];
  return [
    {
      problem: `names the database ${JSON.stringify(name)}`,
      repair: 'use at most 63 letters, digits, - and _',
    },
  ];
}

function fileProblems(options: URLSearchParams): Problem[] {
  const wanted = FILE_OPTIONS.map((option) => option.toLowerCase());
  return [...options].flatMap(([option, file]) => {
    if (!wanted.includes(option.toLowerCase()) || file === '') return [];
    try {
      accessSync(file, constants.R_OK);
      return [];
    } catch (error) {
      const { problem, repair } = whyUnreadable(file, error);
      return [{ problem: `has the option ${option}, which ${problem}`, repair }];
    }
  });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
