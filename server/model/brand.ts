/** Of an app's own address and of its logo's. */
export const ADDRESS_LENGTH = 1024;
/** What the URL standard takes for a host may hold signs that mean something in a policy. */
const HOST = /^(?:[a-z\d.-]+|\[[\da-f:.]+\])$/;
/** A scheme of an app's own, and what follows it. */
const DEEP_LINK = /^([a-z][a-z\d+.-]{0,63}):\/\/[^\s"'<>\\^`{|}]*$/i;
/** What a browser or a system does something with, instead of opening an app. */
const TAKEN = new Set(
  'about blob chrome content data file filesystem ftp http intent jar javascript livescript mhtml mocha res resource vbscript view-source ws wss'.split(
    ' ',
  ),
);

/** Whether a text is an https address that pages and mails may load a picture from. */
export function isWebAddress(text: string): boolean {
  if (text.length > ADDRESS_LENGTH || !/^https:\/\/[^\s"'<>\\^`{|}]+$/i.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '' && HOST.test(url.hostname);
}

/** Whether a text leads to an app: an https address, or a link of a scheme that only an app answers. */
export function isAppAddress(text: string): boolean {
  if (text.length > ADDRESS_LENGTH) return false;
  const scheme = DEEP_LINK.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined || TAKEN.has(scheme)) return false;
  return scheme === 'https' ? isWebAddress(text) : true;
}

/** Whether a text is a colour as `#rrggbb`, in either case. */
export function isColour(text: string): boolean {
  return /^#[\da-f]{6}$/i.test(text);
}
