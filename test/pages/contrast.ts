/** Relative luminance of an sRGB colour (WCAG 2.2). */
function luminance([red, green, blue]: readonly number[]): number {
  const linear = (value = 0) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Contrast ratio of two colours as `getComputedStyle` writes them, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [light, dark] = [one, other]
    .map((colour) => luminance((colour.match(/[\d.]+/g) ?? []).map(Number)))
    .sort((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

/**
 * Run in the page: each element that has text of its own, with its colour, the ground it stands on (the
 * nearest opaque one) and whether its text is large; buttons and icons in the same way.
 */
export const READ_COLOURS = `(() => {
  const opaque = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!/rgba\\(.*, 0\\)|transparent/.test(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const shown = [...document.body.querySelectorAll('*')].filter((element) =>
    element.matches('svg') || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return shown.map((element) => ({
    name: element.tagName + ' ' + element.textContent.trim().slice(0, 30),
    colour: getComputedStyle(element).color,
    ground: opaque(element),
    graphic: element.matches('svg'),
  }));
})()`;

export interface ReadColour {
  name: string;
  colour: string;
  ground: string;
  graphic: boolean;
}
