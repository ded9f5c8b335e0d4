import type { z } from 'zod';
import { REASONS, type Reason } from '../../model/errors.ts';

type Issue = z.core.$ZodIssue;

/**
 * As the last argument of a check of a schema: the word for what it refuses, where the kind of the check does
 * not say it.
 */
export function reason(word: Reason): { error: Reason } {
  return { error: word };
}

/**
 * What is wrong with the member of `input` that the first issue is about. Too long is told before all else.
 */
export function blame(issues: readonly Issue[], input: unknown): { reason: Reason; field: string } {
  const [first] = issues;
  const field = String(first?.path[0] ?? '');
  const words = issues
    .filter(({ path }) => String(path[0] ?? '') === field)
    .map((issue) => wordOf(issue, input));
  return { field, reason: words.find((word) => word === 'too_long') ?? words[0] ?? 'wrong_type' };
}

function wordOf(issue: Issue, input: unknown): Reason {
  const named = REASONS.find((word) => word === issue.message);
  if (named) return named;
  const value = valueAt(input, issue.path);
  switch (issue.code) {
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int' ? 'unknown_value' : 'too_long';
    case 'invalid_type':
      return 'wrong_type';
    case 'invalid_value':
      return issue.values.some((each) => typeof each === typeof value) ? 'unknown_value' : 'wrong_type';
    case 'invalid_union':
      return ofAlternatives(issue.errors, value);
    default:
      return 'unknown_value';
  }
}

/**
 * A value of none of several types is of a wrong type; else the alternative of its type says what is wrong.
 */
function ofAlternatives(alternatives: readonly (readonly Issue[])[], value: unknown): Reason {
  const words = alternatives.flatMap((issues) => issues.map((issue) => wordOf(issue, value)));
  const telling = words.filter((word) => word !== 'wrong_type');
  return telling.find((word) => word === 'too_long') ?? telling.at(-1) ?? 'wrong_type';
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    return (value as Record<PropertyKey, unknown>)[name];
  }, input);
}

/**
 * Whether every text in a value, names of members included, is well-formed Unicode; others change on their
 * way through a store.
 */
export function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, inner]) => name.isWellFormed() && isWellFormed(inner));
}
