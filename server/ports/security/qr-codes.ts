export interface QrCodes {
  /** A PNG picture of `text` in base64. */
  png(text: string): Promise<string>;
}
