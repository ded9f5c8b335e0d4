import type { CheckOutcome, Verdict } from '../client/host/machine.ts';
import type { Texts } from './frame/texts.ts';
import { storageRepair } from './storage-repair.ts';

/**
 * How a test fared, as the part `walk` shows it; details are the host's own words, and so are repairs other
 * than those of a storage. `good` names the sentence for one that went through, that of a message unless
 * given.
 */
export function shownWalk(texts: Texts, { ok, steps }: CheckOutcome, good = 'walk.good') {
  return {
    ...markOf(texts, ok),
    verdict: texts.say(ok === true ? good : ok === false ? 'walk.bad' : 'walk.open'),
    steps: steps.map(({ step, ok: verdict, ms, detail, repair }) => ({
      ...markOf(texts, verdict),
      step: texts.has(`walk.${step}`) ? texts.say(`walk.${step}`) : step,
      ms: verdict === 'unknown' ? '' : `${texts.number(ms)} ms`,
      detail,
      repair: repair === undefined ? undefined : storageRepair(texts, repair),
    })),
  };
}

/** The mark of a verdict, for eyes and ears. */
export function markOf(texts: Texts, verdict: Verdict) {
  return {
    mark: verdict === true ? 'good' : verdict === false ? 'bad' : 'open',
    state: texts.say(verdict === true ? 'rules.kept' : verdict === false ? 'rules.broken' : 'rules.unknown'),
  };
}
