import type { z } from 'zod';

type Schema = z.core.JSONSchema.BaseSchema;

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl';
const TIME = '2026-01-31T12:00:00.000Z';
const ROW_ID = '65b9f0a1c2d3e4f5a6b7c8d9';
const APP_ID = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';
/** Of `passwordText`. */
const MD5 = 'ebf2ab53747a2240becb504eecd6d767';

/** What members are filled with wherever that fits their schema. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  _id: ROW_ID,
  appId: APP_ID,
  appName: 'Example',
  appToken: TOKEN,
  'access-token': TOKEN,
  code: '123456',
  QRDataImage: 'data:image/png;base64,iVBORw0KGgo=',
  otpauth: 'otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&issuer=Example',
  field: 'handle',
  handle: 'ada@example.com',
  hashValue: MD5,
  jwt: TOKEN,
  locale: 'EN',
  locales: ['EN'],
  'login-token': TOKEN,
  loginToken: TOKEN,
  metaData: '{"user_data":{"name":"Ada"}}',
  name: 'Example',
  newPassword: MD5,
  newPasswordText: 'Battery-Staple-8',
  password: MD5,
  passwordText: 'Correct-Horse-7',
  phone: '+15557654321',
  'signed-user-token': TOKEN,
  to: 'ada@example.com',
  token: TOKEN,
  userId: ROW_ID,
  userName: 'ada',
};
/** What texts are filled with that have no name of these: the first that fits. */
const TEXTS = [
  'text',
  TIME,
  '2026-01-31',
  ROW_ID,
  APP_ID,
  '123456',
  '1',
  'ada@example.com',
  'https://example.com',
];

/**
 * A value that a JSON schema takes; of an object every member it must have, with `whole` every one it may
 * have.
 */
export function exampleOf(schema: Schema, options: { name?: string; whole?: boolean } = {}): unknown {
  const { name = '', whole = false } = options;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const named = BY_NAME[name];
  const branches = schema.anyOf ?? schema.oneOf ?? [schema];
  if (named !== undefined && branches.some((branch) => takes(branch, named))) return named;
  if (branches[0] && branches[0] !== schema) return exampleOf(branches[0], options);
  switch (schema.type) {
    case 'object': {
      const members = Object.entries(schema.properties ?? {}).filter(
        ([member]) => whole || schema.required?.includes(member),
      );
      return Object.fromEntries(
        members.map(([member, inner]) => [member, exampleOf(inner as Schema, { name: member, whole })]),
      );
    }
    case 'array': {
      const { items } = schema;
      const isEmpty = typeof items !== 'object' || Array.isArray(items) || 'not' in items;
      return isEmpty ? [] : [exampleOf(items as Schema, { whole })];
    }
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, Math.min(1, schema.maximum ?? 1));
    case 'string':
      return TEXTS.find((text) => takes(schema, text)) ?? 'x'.repeat(schema.minLength ?? 1);
    case 'null':
      return null;
    default:
      return {};
  }
}

/** Whether a branch of a schema takes a text or a list of texts. */
function takes(schema: Schema, value: unknown): boolean {
  if (Array.isArray(value)) return schema.type === 'array';
  if (typeof value !== 'string' || schema.type !== 'string') return false;
  const patterns = [schema, ...(schema.allOf ?? [])].flatMap((part) => (part as Schema).pattern ?? []);
  const { minLength = 0, maxLength = value.length, format } = schema;
  const ofFormat = format !== 'date-time' || value === TIME;
  const fits = value.length >= minLength && value.length <= maxLength;
  return ofFormat && fits && patterns.every((pattern) => new RegExp(pattern, 'u').test(value));
}
