import type { AssetPart } from '../../model/asset.ts';

/** Code points of the whole path, and of one name in it. */
const PATH_LENGTH = 200;
const NAME_LENGTH = 80;
/** Endings of types whose second half is none. */
const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/svg+xml': 'svg',
  'video/quicktime': 'mov',
  'audio/mpeg': 'mp3',
  'text/plain': 'txt',
};

/**
 * `<userId>/<cleaned file path>-<contentId>.<ext>`, of a cut with its name before the ending. Letters and
 * digits of every script stay; what steers, moves up a folder or means something to a shell becomes `_` or
 * goes, and names end where they are too long.
 */
export function objectName(input: {
  userId: string;
  filePath: string;
  contentId: string;
  contentType: string;
  part: AssetPart;
}): string {
  const { userId, filePath, contentId, contentType, part } = input;
  const names = filePath.normalize('NFC').split(/[/\\]/).map(cleaned).filter(isName);
  const file = names.pop() ?? 'file';
  const [, stem = file, ending] = /^(.+)\.([\da-z]{1,10})$/i.exec(file) ?? [];
  const folders = cut(names.map((name) => cut(name, NAME_LENGTH)).join('/'), PATH_LENGTH);
  const suffix = part === 'main' ? '' : `-${part}`;
  const base = `${cut(stem, NAME_LENGTH)}-${contentId}${suffix}.${ending?.toLowerCase() ?? endingOf(contentType)}`;
  return [userId, folders, base].filter((each) => each !== '').join('/');
}

function cleaned(name: string): string {
  return name
    .toWellFormed()
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, '_')
    .replaceAll(/\.{2,}/g, '.')
    .replace(/\.$/, '')
    .replace(/^[.\p{M}]+/u, '');
}
function isName(name: string): boolean {
  return /[\p{L}\p{N}]/u.test(name);
}

function cut(text: string, length: number): string {
  return [...text].slice(0, length).join('').replace(/\/$/, '');
}

function endingOf(contentType: string): string {
  const known = ENDINGS[contentType];
  if (known !== undefined) return known;
  const [, second = ''] = contentType.split('/');
  return /^[\da-z]{1,10}$/.test(second) ? second : 'bin';
}
