import type { App } from '../model/app.ts';

/** What layouts may use beside the values of a text; no stored text can name them. */
export const BRAND_VALUES = [
  ...['APP_URL', 'LOGO', 'BRAND', 'ON_BRAND'],
  ...['BRAND_INK', 'BRAND_SOFT', 'BRAND_INK_DARK', 'BRAND_SOFT_DARK'],
];

type Rgb = readonly number[];

const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];
/** What stands behind a text in dark mode, as in the layouts. */
const DARK_CARD = [26, 31, 42];
/** Contrast of a text (WCAG 2.2 SC 1.4.3). */
const READABLE = 4.5;
const STEP = 0.05;
/** Contrast by which a soft ground is seen on the card. */
const SEEN = 1.04;

/**
 * What pages and mails show of an app: its address, its logo, its colour as it is with a readable text on it,
 * and a tone of it that can be read on a soft ground of its own and on the card, by day and by night.
 */
export function brandOf(
  app: Pick<App, 'appUrl' | 'brandColor' | 'logoUrl'> | undefined,
): Record<string, string> {
  const { appUrl = '', brandColor, logoUrl = '' } = app ?? {};
  const shown = { APP_URL: appUrl, LOGO: logoUrl };
  if (brandColor === undefined) return shown;
  const brand = rgbOf(brandColor);
  const soft = tinted(WHITE, brand, { towards: BLACK, share: 0.12 });
  const softDark = tinted(DARK_CARD, brand, { towards: WHITE, share: 0.2 });
  return {
    ...shown,
    BRAND: brandColor,
    // One of the two always is.
    ON_BRAND: hexOf(contrast(brand, WHITE) >= READABLE ? WHITE : BLACK),
    BRAND_INK: hexOf(readable(brand, BLACK, [soft])),
    BRAND_SOFT: hexOf(soft),
    BRAND_INK_DARK: hexOf(readable(brand, WHITE, [softDark, DARK_CARD])),
    BRAND_SOFT_DARK: hexOf(softDark),
  };
}

/**
 * The ground with a touch of the colour; of a tone that can be read on it where the colour itself is lost.
 */
function tinted(ground: Rgb, colour: Rgb, { towards, share }: { towards: Rgb; share: number }): Rgb {
  const tint = mixed(ground, colour, share);
  return contrast(tint, ground) >= SEEN ? tint : mixed(ground, readable(colour, towards, [ground]), share);
}

/** The colour itself, or as little of `towards` in it as makes it readable on all grounds. */
function readable(colour: Rgb, towards: Rgb, grounds: readonly Rgb[]): Rgb {
  for (let share = 0; share < 1; share += STEP) {
    const tone = mixed(colour, towards, share);
    if (grounds.every((ground) => contrast(tone, ground) >= READABLE)) return tone;
  }
  return towards;
}

/** Contrast ratio, 1 to 21. */
function contrast(one: Rgb, other: Rgb): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance of an sRGB colour (WCAG 2.2). */
function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mixed(one: Rgb, other: Rgb, share: number): Rgb {
  return one.map((value, n) => Math.round(value + ((other[n] ?? 0) - value) * share));
}

function rgbOf(hex: string): Rgb {
  return [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
}

function hexOf(colour: Rgb): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
