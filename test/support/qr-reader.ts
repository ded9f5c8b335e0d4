import { inflateSync } from 'node:zlib';

/** Dark or light by column and row, without the quiet zone. */
type Modules = readonly (readonly boolean[])[];
type IsData = (x: number, y: number) => boolean;

/** Level M, by version: error correction codewords of a block, blocks (ISO/IEC 18004, table 9). */
const BLOCKS_M: readonly (readonly [number, number])[] = [
  ...([
    [10, 1],
    [16, 1],
    [26, 1],
    [18, 2],
    [24, 2],
    [16, 4],
    [18, 4],
    [22, 4],
    [22, 5],
    [26, 5],
  ] as const),
  ...([
    [30, 5],
    [22, 8],
    [22, 9],
    [24, 9],
    [24, 10],
    [28, 10],
    [28, 11],
    [26, 13],
    [26, 14],
    [26, 16],
  ] as const),
];
const LEVEL_M = 0;
const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const MASKS: readonly ((x: number, y: number) => number)[] = [
  (x, y) => (x + y) % 2,
  (_, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/**
 * What a phone's camera reads in an undamaged picture of a QR code: level M, version 20 at most (ISO/IEC
 * 18004).
 */
export function readQrCode(png: Buffer): string {
  const modules = modulesOf(pixelsOf(png));
  const version = (modules.length - 17) / 4;
  const { level, mask } = formatOf(modules);
  if (level !== LEVEL_M) throw new TypeError('not of level M');
  const codewords = codewordsOf(modules, MASKS[mask] ?? (() => 0), dataArea(modules.length, version));
  return textOf(dataOf(codewords, version), version);
}

/** Rows of an 8-bit PNG without interlacing; true is dark. */
function pixelsOf(png: Buffer): boolean[][] {
  const [width, height, depth, colour] = [png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]];
  const bytes = { 0: 1, 2: 3, 6: 4 }[colour ?? -1];
  if (depth !== 8 || !bytes) throw new TypeError('not a PNG of this kind');
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += png.readUInt32BE(at) + 12) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') {
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
    }
  }
  const raw = inflateSync(Buffer.concat(parts));
  const length = width * bytes;
  let above = Buffer.alloc(length);
  return Array.from({ length: height }, (_, row) => {
    const start = row * (length + 1);
    above = unfiltered(raw[start] ?? 0, raw.subarray(start + 1, start + 1 + length), above, bytes);
    return Array.from({ length: width }, (_, x) => (above[x * bytes] ?? 255) < 128);
  });
}

/** A scan line as it was before its filter (PNG §9). */
function unfiltered(filter: number, line: Buffer, above: Buffer, bytes: number): Buffer<ArrayBuffer> {
  const result = Buffer.alloc(line.length);
  for (const [index, value] of line.entries()) {
    const left = result[index - bytes] ?? 0;
    const up = above[index] ?? 0;
    const corner = index < bytes ? 0 : (above[index - bytes] ?? 0);
    const guesses = [0, left, up, (left + up) >> 1, paeth(left, up, corner)];
    result[index] = value + (guesses[filter] ?? 0);
  }
  return result;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const away = (value: number) => Math.abs(guess - value);
  if (away(left) <= away(up) && away(left) <= away(corner)) return left;
  return away(up) <= away(corner) ? up : corner;
}

/**
 * The grid, measured by the top edge of the finder pattern in the first corner, which is seven modules long.
 */
function modulesOf(pixels: boolean[][]): Modules {
  const top = pixels.findIndex((row) => row.includes(true));
  const edge = pixels[top] ?? [];
  const left = edge.indexOf(true);
  const scale = (edge.indexOf(false, left) - left) / 7;
  const size = (edge.lastIndexOf(true) + 1 - left) / scale;
  const at = (index: number, start: number) => Math.floor(start + (index + 0.5) * scale);
  return Array.from({ length: size }, (_, x) =>
    Array.from({ length: size }, (_, y) => pixels[at(y, top)]?.[at(x, left)] ?? false),
  );
}

function formatOf(modules: Modules): { level: number; mask: number } {
  const places = [
    ...[0, 1, 2, 3, 4, 5, 7, 8].map((y) => [8, y] as const),
    ...[7, 5, 4, 3, 2, 1, 0].map((x) => [x, 8] as const),
  ];
  const bits = places.reduce((sum, [x, y], bit) => sum | (Number(modules[x]?.[y]) << bit), 0) ^ 0x5412;
  return { level: bits >> 13, mask: (bits >> 10) & 7 };
}

/** Which modules carry data: not the patterns, nor format and version. */
function dataArea(size: number, version: number): IsData {
  const far = size - 8;
  const count = version === 1 ? 0 : Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  const centres = Array.from({ length: count }, (_, index) =>
    index === 0 ? 6 : size - 7 - (count - 1 - index) * step,
  );
  const inFinder = (x: number, y: number) => (x < 9 && y < 9) || (x >= far && y < 9) || (x < 9 && y >= far);
  const inAlignment = (x: number, y: number) =>
    centres.some((cx) =>
      centres.some((cy) => !inFinder(cx, cy) && Math.abs(x - cx) <= 2 && Math.abs(y - cy) <= 2),
    );
  const inVersion = (x: number, y: number) =>
    version >= 7 && ((x < 6 && y >= size - 11) || (y < 6 && x >= size - 11));
  return (x, y) => x !== 6 && y !== 6 && !inFinder(x, y) && !inAlignment(x, y) && !inVersion(x, y);
}

/** Pairs of columns from the right, up and down in turn. */
function codewordsOf(modules: Modules, mask: (x: number, y: number) => number, isData: IsData): number[] {
  const size = modules.length;
  const bits: number[] = [];
  let upwards = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = upwards ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (isData(x, y)) bits.push(Number(modules[x]?.[y]) ^ Number(mask(x, y) === 0));
      }
    }
    upwards = !upwards;
  }
  return Array.from({ length: bits.length >> 3 }, (_, index) => number(bits.slice(index * 8, index * 8 + 8)));
}

/** The data codewords, which the blocks hold in turn. */
function dataOf(codewords: number[], version: number): number[] {
  const [correction, blocks] = BLOCKS_M[version - 1] ?? [0, 1];
  const length = Math.floor(codewords.length / blocks) - correction;
  const long = codewords.length % blocks;
  const data = Array.from({ length: blocks }, (_, block) => {
    const own = Array.from({ length }, (_, index) => codewords[index * blocks + block] ?? 0);
    const isLong = block >= blocks - long;
    return isLong ? [...own, codewords[length * blocks + block - (blocks - long)] ?? 0] : own;
  });
  return data.flat();
}

function textOf(data: number[], version: number): string {
  const bits = data.flatMap((byte) => [...byte.toString(2).padStart(8, '0')].map(Number));
  const take = (count: number) => number(bits.splice(0, count));
  const wide = version >= 10;
  const parts: Buffer[] = [];
  while (bits.length >= 4) {
    const mode = take(4);
    if (mode === 0) break;
    if (mode === 4) parts.push(Buffer.from(Array.from({ length: take(wide ? 16 : 8) }, () => take(8))));
    else if (mode === 2) {
      for (let left = take(wide ? 11 : 9); left > 0; left -= 2) {
        const pair = take(left > 1 ? 11 : 6);
        parts.push(Buffer.from(left > 1 ? letter(Math.floor(pair / 45)) + letter(pair % 45) : letter(pair)));
      }
    } else if (mode === 1) {
      for (let left = take(wide ? 12 : 10); left > 0; left -= 3) {
        const digits = Math.min(3, left);
        const value = take([0, 4, 7, 10][digits] ?? 0);
        parts.push(Buffer.from(String(value).padStart(digits, '0')));
      }
    } else throw new TypeError(`a segment of mode ${mode}`);
  }
  return Buffer.concat(parts).toString();
}

function letter(index: number): string {
  return ALPHANUMERIC[index] ?? '';
}

function number(bits: number[]): number {
  return bits.reduce((sum, bit) => sum * 2 + bit, 0);
}
