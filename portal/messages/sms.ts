/** Characters of the GSM alphabet (3GPP TS 23.038 §6.2.1), and those that take two places. */
const GSM = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const GSM_DOUBLE = new Set('\f^{}\\[~]|€');
const SIZES = { gsm: { one: 160, part: 153 }, unicode: { one: 70, part: 67 } } as const;

export interface SmsSize {
  /** Whether each character fits the 7 bits of GSM; else all take 16. */
  alphabet: keyof typeof SIZES;
  /** Places taken. */
  length: number;
  /** Messages that are paid for. */
  segments: number;
}

/** How long a text is as an SMS. */
export function smsSize(text: string): SmsSize {
  const characters = [...text];
  const isGsm = characters.every((one) => GSM.has(one) || GSM_DOUBLE.has(one));
  const length = isGsm
    ? characters.reduce((sum, one) => sum + (GSM_DOUBLE.has(one) ? 2 : 1), 0)
    : text.length;
  const alphabet = isGsm ? 'gsm' : 'unicode';
  const { one, part } = SIZES[alphabet];
  return { alphabet, length, segments: length <= one ? 1 : Math.ceil(length / part) };
}
