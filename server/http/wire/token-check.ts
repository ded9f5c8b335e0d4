import { z } from 'zod';
import type { RuleFinding } from '../../domain/portal/finding.ts';
import type { SampleToken, TokenVerdict } from '../../domain/portal/token-check.ts';

const object = z.record(z.string(), z.unknown());
const rules = z.array(
  z.strictObject({
    rule: z.string(),
    ok: z.union([z.boolean(), z.literal('unknown')]),
    detail: z.string(),
    repair: z.string().optional(),
  }),
);

/** What a verifier would say of a token (additions §7). */
export const verdictAnswer = z.strictObject({ valid: z.boolean(), header: object, claims: object, rules });
export function wireVerdict({ valid, header, claims, rules }: TokenVerdict): z.infer<typeof verdictAnswer> {
  return { valid, header, claims, rules };
}

/** A token as it would be issued. */
export const sampleAnswer = z.strictObject({ header: object, claims: object, bytes: z.number() });
export function wireSample({ header, claims, bytes }: SampleToken): z.infer<typeof sampleAnswer> {
  return { header, claims, bytes };
}

/** What log-in with a provider would say of an identity token. */
export const identityAnswer = z.strictObject({ ok: z.boolean(), rules });
export function wireIdentity(verdict: { ok: boolean; rules: RuleFinding[] }): z.infer<typeof identityAnswer> {
  return { ok: verdict.ok, rules: verdict.rules };
}
