import { Texts } from './frame/texts.ts';

const PREFIX = 'storageRepair.';
const EN = new Texts('EN');

/** By the sentence of the host, in which a setting has its published name and no marks around it. */
const KNOWN = EN.names(PREFIX).map((name) => {
  const slots: string[] = [];
  const pattern = EN.text(name)
    .replaceAll(/[“”]/g, '')
    .replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replaceAll(/\{(\w+)\}/g, (_, slot: string) => {
      if (isSetting(slot)) return slot;
      slots.push(slot);
      return '(.+)';
    });
  return { name, slots, pattern: new RegExp(`^${pattern}$`) };
});

/**
 * What the host says is to be done about a storage, in the language of `texts`, with settings by the names
 * they have on the portal. A host of another version may say what is not known: that stays as it is.
 */
export function storageRepair(texts: Texts, sentence: string): string {
  for (const { name, slots, pattern } of KNOWN) {
    const found = pattern.exec(sentence);
    if (!found) continue;
    const filled = slots.map((slot, index) => {
      const said = found[index + 1] ?? '';
      return [slot, slot === 'settings' ? labels(texts, said) : said] as const;
    });
    const settings = EN.names('set.asset').map((label) => [label.slice('set.'.length), texts.say(label)]);
    return texts.say(name, Object.fromEntries([...settings, ...filled]));
  }
  return sentence;
}

function isSetting(slot: string): boolean {
  return slot.startsWith('asset');
}

function labels(texts: Texts, names: string): string {
  const label = (name: string) => (texts.has(`set.${name}`) ? texts.say(`set.${name}`) : name);
  return names.split(', ').map(label).join(', ');
}
