/** A handle, user name, phone or sender as those see it who may not read it: `a…@e…`. */
export function mask(text: string): string {
  const at = text.lastIndexOf('@');
  if (at <= 0) return start(text);
  return `${start(text.slice(0, at))}@${start(text.slice(at + 1))}`;
}

function start(text: string): string {
  const [first = ''] = text;
  return `${first}…`;
}
