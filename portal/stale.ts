import type { Form } from './frame/form.ts';
import type { Texts } from './frame/texts.ts';

/** One value that somebody else changed meanwhile. */
export interface Difference {
  label: string;
  mine: string;
  theirs: string;
}

/**
 * What the view `stale` needs. `Keep mine` sends the form again, with what `over` says in place of its own
 * (the revision as it is now); `Take theirs` leads to `back`.
 */
export function staleModel(
  texts: Texts,
  form: Form,
  { action, back, differences, over }: StaleForm,
): Readonly<Record<string, unknown>> {
  const kept = form.entries().filter(([name]) => name !== 'csrf' && !(name in over));
  return {
    action,
    back,
    differences: differences.map(({ label, mine, theirs }) => ({
      label,
      mine: mine || texts.say('stale.nothing'),
      theirs: theirs || texts.say('stale.nothing'),
    })),
    fields: [...kept, ...Object.entries(over)].map(([name, value]) => ({ name, value })),
  };
}

interface StaleForm {
  action: string;
  back: string;
  differences: readonly Difference[];
  over: Readonly<Record<string, string>>;
}
