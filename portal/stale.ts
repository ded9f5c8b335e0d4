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
 * (the revision as it is now); `Take theirs` leads to `back`. What was typed into one of `secrets` is left
 * out and asked for again.
 */
export function staleModel(
  texts: Texts,
  form: Form,
  { action, back, differences, over, secrets = [] }: StaleForm,
): Readonly<Record<string, unknown>> {
  const asked = secrets.filter(({ name }) => form.get(name) !== '');
  const left = new Set(['csrf', ...Object.keys(over), ...secrets.map(({ name }) => name)]);
  const kept = form.entries().filter(([name]) => !left.has(name));
  return {
    action,
    back,
    differences: differences.map(({ label, mine, theirs }) => ({
      label,
      mine: mine || texts.say('stale.nothing'),
      theirs: theirs || texts.say('stale.nothing'),
    })),
    secrets: asked.map(({ name, label }) => ({ name, label, value: '' })),
    fields: [...kept, ...Object.entries(over)].map(([name, value]) => ({ name, value })),
  };
}

interface StaleForm {
  action: string;
  back: string;
  differences: readonly Difference[];
  over: Readonly<Record<string, string>>;
  secrets?: readonly { name: string; label: string }[];
}
