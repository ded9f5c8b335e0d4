/**
 * Locale codes an app may list (contract §5.10): ISO 639-1 in upper case, retired ones included, and ES,
 * which it forgot.
 */
export const LOCALES: ReadonlySet<string> = new Set(
  (
    'AA AB AE AF AK AM AN AR AS AV AY AZ BA BE BG BI BM BN BO BR BS CA CE CH CO CR CS CU CV CY DA DE DV DZ EE EL EN EO ES ET EU EW FA ' +
    'FF FI FJ FO FR FT GA GD GL GN GU GV HA HE HI HO HR HT HU HY HZ IA ID IE IG IK IO IS IT IU JA JV KA KG KI KJ KK KL KM KN KO KR ' +
    'KS KU KV KW KY LA LB LG LI LN LO LT LU LV MG MH MI MK ML MN MR MS MT MY NA NB ND NE NG NL NN NO NR NV NY OC OJ OM OR OS PA PI ' +
    'PL PS PT QU RM RN RO RU RW SA SC SD SE SG SI SK SL SM SN SO SQ SR SS ST SU SV SW TA TE TG TH TI TK TL TN TO TR TS TT TW TY UG ' +
    'UK UR UZ VE VI VO WA WO XH YI YO ZA ZH ZU'
  ).split(' '),
);

/** What every app and every built-in text has. */
export const DEFAULT_LOCALE = 'EN';

/**
 * The language of a BCP 47 tag, spelled as it is everywhere here: upper case, and nothing of region, script
 * and extensions (`en-US`, `pt_BR` and `de` are EN, PT and DE). Undefined when there is none.
 */
export function languageOf(tag: string): string | undefined {
  return /^[a-z]{2,3}(?![a-z\d])/i.exec(tag.trim())?.[0].toUpperCase();
}

/** The code in use for a language with a retired code or with a longer one: HE for IW, DE for DEU. */
export function canonicalLanguage(language: string): string {
  return new Intl.Locale(language).language.toUpperCase();
}
