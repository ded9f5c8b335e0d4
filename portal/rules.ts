import type { Rule } from '../client/host/tokens.ts';
import type { Texts } from './frame/texts.ts';

/** Rules of a token as the part `rules` shows them; names and details are the host's own words. */
export function shownRules(texts: Texts, { ok, rules }: { ok: boolean; rules: readonly Rule[] }) {
  return {
    ok,
    verdict: texts.say(ok ? 'rules.valid' : 'rules.invalid'),
    rules: rules.map(({ rule, ok: verdict, detail, repair }) => ({
      rule,
      detail,
      repair,
      isGood: verdict === true,
      isBad: verdict === false,
      state: texts.say(verdict === 'unknown' ? 'rules.unknown' : verdict ? 'rules.kept' : 'rules.broken'),
    })),
  };
}
