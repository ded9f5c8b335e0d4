import { z } from 'zod';
import { tryIdentityToken } from '../../../domain/portal/identity-check.ts';
import { sampleToken, verifyToken } from '../../../domain/portal/token-check.ts';
import { VERIFIER_NAMES } from '../../../domain/portal/verifiers.ts';
import { portalRoute } from '../../route.ts';
import { appId, rowId } from '../../wire/portal-parameter.ts';
import {
  identityAnswer,
  sampleAnswer,
  verdictAnswer,
  wireIdentity,
  wireSample,
  wireVerdict,
} from '../../wire/token-check.ts';
import { tokenText } from '../../wire/user-parameter.ts';

const told = z.string().min(1).max(1024);
const milliseconds = z.number().int().min(0);

/** What a verifier was told; a name that none of them knows is refused. */
const options = z.strictObject({
  audience: z.union([told, z.array(told).max(32)]).optional(),
  issuer: told.optional(),
  instance: told.optional(),
  clientId: told.optional(),
  claimsMap: z.boolean().optional(),
  claimsNamespace: told.optional(),
  role: told.optional(),
  roleClaim: told.optional(),
  iatTtl: milliseconds.optional(),
  authTtl: milliseconds.optional(),
});

/** User JWTs and identity tokens tried out (additions §4, §7). */
export const tokenRoutes = [
  portalRoute({
    method: 'POST',
    path: '/api/app/verifyToken',
    summary: 'Says rule by rule what a verifier would say of a user JWT.',
    input: z.object({ appId, token: tokenText, as: z.enum(VERIFIER_NAMES), options: options.optional() }),
    answer: verdictAnswer,
    errors: ['app_gone', 'refused'],
    respond: async ({ deps, input }) => wireVerdict(await verifyToken(deps, input)),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/sampleToken',
    summary: 'A user JWT as it would be issued now, not signed.',
    input: z.object({ appId, userId: rowId.optional() }),
    answer: sampleAnswer,
    errors: ['app_gone', 'user_unknown'],
    respond: async ({ deps, input }) => wireSample(await sampleToken(deps, input)),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/tryIdentityToken',
    summary: 'Says rule by rule what log-in with Apple or Google would say of an identity token.',
    input: z.object({ appId, provider: z.enum(['apple', 'google']), token: tokenText }),
    answer: identityAnswer,
    errors: ['app_gone', 'refused'],
    respond: async ({ deps, input }) => wireIdentity(await tryIdentityToken(deps, input)),
  }),
];
