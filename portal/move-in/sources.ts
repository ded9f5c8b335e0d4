import type { MoveInFiles, MoveInFormat } from '../../client/host/index.ts';

/** The part of an import that takes the second file. */
export type SecondPart = Exclude<keyof MoveInFiles, 'file'>;

interface Source {
  name: string;
  /** What makes the file, or where it lies, in the other system's own words. */
  from: string;
  second?: SecondPart;
  /** Whether its hashes need the parameters of a Firebase project: always, or where some are of that kind. */
  key?: 'always' | 'sometimes';
}

/** Where people can move in from. */
export const SOURCES: Readonly<Record<MoveInFormat, Source>> = {
  firebase: { name: 'Firebase', from: 'firebase auth:export users.json', key: 'always' },
  auth0: { name: 'Auth0', from: 'users.ndjson', second: 'passwords' },
  supabase: {
    name: 'Supabase',
    from: '\\copy (select * from auth.users) to users.csv csv header',
    second: 'identities',
  },
  pocketbase: { name: 'PocketBase', from: 'pb_data/data.db' },
  keycloak: {
    name: 'Keycloak',
    from: 'kc.sh export --realm shop --file realm.json --users same_file',
  },
  'better-auth': { name: 'Better Auth', from: 'user.json', second: 'accounts' },
  supertokens: { name: 'SuperTokens', from: 'users.json', key: 'sometimes' },
  appwrite: { name: 'Appwrite', from: 'users.json' },
  clerk: { name: 'Clerk', from: 'users.csv' },
  cognito: { name: 'Amazon Cognito', from: 'users.csv' },
  parse: { name: 'Parse', from: 'mongoexport --collection _User' },
  cosync: { name: 'CoSync Auth', from: 'export.zip' },
};

/** The format of that name; undefined for text that is none. */
export function formatOf(text: string | null): MoveInFormat | undefined {
  return (Object.keys(SOURCES) as MoveInFormat[]).find((format) => format === text);
}
