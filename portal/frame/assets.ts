import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const own = (name: string) => new URL(`../assets/${name}`, import.meta.url);
const SCRIPT = 'text/javascript; charset=utf-8';

/** Files beside the pages, by the name that templates call them. */
const FILES = {
  'portal.css': { file: () => own('portal.css'), contentType: 'text/css; charset=utf-8' },
  'portal.js': { file: () => own('portal.js'), contentType: SCRIPT },
  'icon.svg': { file: () => own('icon.svg'), contentType: 'image/svg+xml' },
  'htmx.js': { file: () => require.resolve('htmx.org/dist/htmx.min.js'), contentType: SCRIPT },
  'hx-csp.js': { file: () => require.resolve('htmx.org/dist/ext/hx-csp.min.js'), contentType: SCRIPT },
} as const;
export type AssetName = keyof typeof FILES;

/** A file whose address names its content, so that a browser keeps it for good. */
export interface Asset {
  address: string;
  contentType: string;
  plain: Buffer;
  br: Buffer;
  gzip: Buffer;
}

/** All of them, read and compressed once. */
export class Assets {
  readonly #byName = new Map<string, Asset>();
  readonly #byAddress = new Map<string, Asset>();

  constructor() {
    for (const [name, { file, contentType }] of Object.entries(FILES)) {
      const plain = readFileSync(file());
      const [base = '', ending = ''] = name.split(/\.(?=\w+$)/);
      const hash = createHash('sha256').update(plain).digest('hex').slice(0, 12);
      const address = `/portal/assets/${base}-${hash}.${ending}`;
      const asset = { address, contentType, plain, br: brotliCompressSync(plain), gzip: gzipSync(plain) };
      this.#byName.set(name, asset);
      this.#byAddress.set(address, asset);
    }
  }

  address(name: AssetName): string {
    return this.#byName.get(name)?.address ?? '';
  }
  find(address: string): Asset | undefined {
    return this.#byAddress.get(address);
  }
}
