/** Where a way to a MongoDB database stopped. */
export type MongoStep =
  | 'string'
  | 'dns'
  | 'unreachable'
  | 'tls'
  | 'replica set'
  | 'login'
  | 'permission'
  | 'name';

/**
 * One cause, by its own sentence, and what mends it. Neither holds anything of the connection string but host
 * names and options.
 */
export interface MongoFailure {
  step: MongoStep;
  reason: string;
  repair: string;
}

/** What the driver's topology knows of a server; its classes are loaded only where a MongoDB is used. */
interface Server {
  address: string;
  type: string;
  error?: { message?: string };
}

const AUTHENTICATION_FAILED = [18, 8000];
const UNAUTHORIZED = 13;
const OTHER_CASE = 13297;
const NO_PRIMARY = [10107, 13435, 13436];

/**
 * Why the driver failed with this connection string, while it was `doing` something (`to create a
 * collection`). Atlas' usual cause is part of the repair.
 */
export function explainFailure(error: unknown, url: string, doing = 'to use the database'): MongoFailure {
  const code = error instanceof Error && 'code' in error ? Number(error.code) : Number.NaN;
  const text = messagesOf(error);
  if (code === OTHER_CASE) return otherCase(text);
  if (code === UNAUTHORIZED || /not authorized|not allowed to do action/i.test(text))
    return unauthorized(url, doing);
  if (AUTHENTICATION_FAILED.includes(code) || /auth(entication)? failed|bad auth/i.test(text))
    return badLogin(url);
  if (error instanceof Error && /^Mongo(Parse|API|Runtime|InvalidArgument)/.test(error.name)) {
    const repair =
      'copy it again from Atlas (Connect, Drivers), or write mongodb://user:password@host:27017/database';
    return {
      step: 'string',
      reason: `the driver does not understand it: ${withoutUrl(error.message, url)}`,
      repair,
    };
  }
  return (
    replicaSetFailure(error, code, url) ??
    nameFailure(text, url) ??
    tlsFailure(text, url) ??
    unreachable(text)
  );
}

function otherCase(text: string): MongoFailure {
  const existing = /already have: \[([\w-]+)\]/.exec(text)?.[1] ?? 'one';
  return {
    step: 'name',
    reason: `the server has the database ${existing}, whose name differs in upper and lower case only`,
    repair: `name it exactly so in the string, or choose another name`,
  };
}

function unauthorized(url: string, doing: string): MongoFailure {
  if (!hasUser(url)) {
    return {
      step: 'login',
      reason: 'the string names no user, and the server wants one',
      repair: 'write mongodb://user:password@…, both percent-encoded (Atlas: Database Access)',
    };
  }
  return {
    step: 'permission',
    reason: `the user has no right ${doing}`,
    repair:
      'give the database user the role readWrite on this database (Atlas: Database Access, Edit, Specific Privileges)',
  };
}

function badLogin(url: string): MongoFailure {
  const elsewhere = /[?&]authSource=/i.test(url)
    ? ''
    : '; where the user was made in the database admin, add authSource=admin';
  return {
    step: 'login',
    reason: 'the server refused user name or password',
    repair: `check both (Atlas: Database Access; special characters are percent-encoded in the string)${elsewhere}`,
  };
}

function replicaSetFailure(error: unknown, code: number, url: string): MongoFailure | undefined {
  const topology = topologyOf(error);
  const setName = topology?.setName ?? new URLSearchParams(url.split('?')[1]).get('replicaSet') ?? 'rs0';
  const ghost = topology?.servers.find(({ type }) => type === 'RSGhost');
  if (ghost) {
    const { address } = ghost;
    const members = `{_id: "${setName}", members: [{_id: 0, host: "${address}"}]}`;
    return {
      step: 'replica set',
      reason: `the server ${address} is there, but its replica set was never initiated`,
      repair: `once, for a set of one: mongosh "mongodb://${address}/?directConnection=true" --eval 'rs.initiate(${members})'`,
    };
  }
  if (topology?.type === 'ReplicaSetNoPrimary' && topology.servers.length === 0) {
    return {
      step: 'replica set',
      reason: `the server is no member of a replica set called ${setName}`,
      repair:
        'correct replicaSet in the string (rs.status().set names it), or leave it out for a single server',
    };
  }
  if (NO_PRIMARY.includes(code) || topology?.servers.some(({ type }) => type === 'RSSecondary')) {
    return {
      step: 'replica set',
      reason: 'the replica set has no primary, or the string leads to a secondary alone',
      repair:
        'name every member in the string, without directConnection, and see rs.status() for what is down',
    };
  }
  return undefined;
}

function nameFailure(text: string, url: string): MongoFailure | undefined {
  const missing = /(?:ENOTFOUND|EAI_AGAIN|ENODATA|ESERVFAIL)\s+([\w.-]+)/.exec(text)?.[1];
  if (missing === undefined) return undefined;
  const asked = missing.replace('_mongodb._tcp.', '');
  if (!url.toLowerCase().includes(asked.toLowerCase())) {
    return {
      step: 'dns',
      reason: `the replica set calls its member ${asked}, a name that this machine does not know`,
      repair:
        'make that name resolve here, or reconfigure the set (rs.reconfig) with names that hosts can reach',
    };
  }
  return {
    step: 'dns',
    reason: `the host name ${asked} was not found`,
    repair:
      'check its spelling; with mongodb+srv:// the cluster must have an SRV record (a paused or deleted Atlas cluster has none)',
  };
}

function tlsFailure(text: string, url: string): MongoFailure | undefined {
  const failure = (reason: string, repair: string): MongoFailure => ({ step: 'tls', reason, repair });
  // What Atlas answers to an address that is not on its list.
  if (/alert internal error|alert number 80/i.test(text)) return undefined;
  if (/does not match certificate/i.test(text))
    return failure(
      "the server's certificate is made out to another name",
      'use the name that stands in the certificate',
    );
  if (/certificate has expired|CERT_HAS_EXPIRED/i.test(text))
    return failure("the server's certificate has expired", 'renew it');
  if (/certificate|unable to (?:get|verify)|CERT_/i.test(text))
    return failure(
      "nobody this machine trusts vouches for the server's certificate",
      'name the certificate of its authority with tlsCAFile=/path/to/ca.pem',
    );
  if (/before secure TLS|wrong version number|packet length too long|EPROTO|\bSSL\b/i.test(text))
    return failure(
      'the string asks for TLS, and the server does not speak it',
      'leave tls=true (or ssl=true) out, or switch TLS on at the server',
    );
  const wantsTls = /^mongodb\+srv:|[?&](?:tls|ssl)=true/i.test(url);
  if (!wantsTls && /connection .* closed/i.test(text))
    return failure(
      'the server closed the connection at once, as one does that wants TLS',
      'add tls=true to the string',
    );
  return undefined;
}

function unreachable(text: string): MongoFailure {
  const refused = /ECONNREFUSED\s+([\w.:[\]-]+)/.exec(text)?.[1];
  if (refused !== undefined) {
    return {
      step: 'unreachable',
      reason: `nothing listens at ${refused}`,
      repair: 'start the server, or correct host and port',
    };
  }
  return {
    step: 'unreachable',
    reason: 'no server answered',
    repair:
      "is it running, and may this machine reach it? On Atlas add this machine's address under Network Access, IP Access List",
  };
}

function hasUser(url: string): boolean {
  return /^[^/]*\/\/[^/?]+@/.test(url);
}

function topologyOf(
  error: unknown,
): { type: string; setName: string | undefined; servers: Server[] } | undefined {
  if (!(error instanceof Error) || !('reason' in error) || typeof error.reason !== 'object') return undefined;
  const { type, setName, servers } = error.reason as {
    type?: string;
    setName?: string | null;
    servers?: ReadonlyMap<string, Server>;
  };
  return { type: type ?? '', setName: setName ?? undefined, servers: [...(servers?.values() ?? [])] };
}

/** The messages of an error, its causes and the servers it knows of. */
function messagesOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const servers = topologyOf(error)?.servers.map((server) => server.error?.message ?? '') ?? [];
  return [error.message, messagesOf(error.cause), ...servers].join(' ');
}

/** The driver may quote the string. */
function withoutUrl(message: string, url: string): string {
  const userInfo = /\/\/([^/?]*@)/.exec(url)?.[1];
  const hidden = message.replaceAll(url, '…');
  return userInfo === undefined ? hidden : hidden.replaceAll(userInfo, '…');
}
