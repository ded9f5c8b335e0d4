import { appwrite } from './appwrite.ts';
import { auth0 } from './auth0.ts';
import { betterAuth } from './better-auth.ts';
import { clerk } from './clerk.ts';
import { cognito } from './cognito.ts';
import { cosync } from './cosync.ts';
import { firebase } from './firebase.ts';
import { keycloak } from './keycloak.ts';
import type { Source } from './moved-user.ts';
import { parse } from './parse.ts';
import { pocketbase } from './pocketbase.ts';
import { supabase } from './supabase.ts';
import { superTokens } from './supertokens.ts';

/** Where people can move in from, by the name of the format. */
export const SOURCES = {
  firebase,
  auth0,
  supabase,
  pocketbase,
  keycloak,
  'better-auth': betterAuth,
  supertokens: superTokens,
  appwrite,
  clerk,
  cognito,
  parse,
  cosync,
} as const satisfies Record<string, Source>;
export type SourceName = keyof typeof SOURCES;
export const SOURCE_NAMES = Object.keys(SOURCES) as SourceName[];
