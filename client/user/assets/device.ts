/** What browsers and React Native have for files, and Node lacks, as far as it is used. */
export const device = globalThis as unknown as {
  readonly XMLHttpRequest?: new () => Xhr;
  readonly OffscreenCanvas?: new (width: number, height: number) => Canvas;
  readonly document?: {
    createElement(name: 'canvas'): Canvas;
    createElement(name: 'video'): Video;
  };
  createImageBitmap?(file: Blob): Promise<Picture & { close(): void }>;
  readonly process?: { readonly versions?: { readonly node?: string } };
};

export interface Xhr {
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  send(body?: unknown): void;
  abort(): void;
  getResponseHeader(name: string): string | null;
  readonly status: number;
  readonly responseText: string;
  readonly upload: { onprogress: ((event: { loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
}

/** A canvas of a document has `toBlob`, one without a document `convertToBlob`. */
export interface Canvas extends Picture {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    imageSmoothingQuality: 'high';
    fillStyle: string;
    globalCompositeOperation: string;
    drawImage(picture: Picture | Video, x: number, y: number, width: number, height: number): void;
    fillRect(x: number, y: number, width: number, height: number): void;
    getImageData(x: number, y: number, width: number, height: number): { data: ArrayLike<number> };
  } | null;
  convertToBlob?(options: { type: string; quality: number }): Promise<Blob>;
  toBlob(made: (blob: Blob | null) => void, type: string, quality: number): void;
}

export interface Video {
  muted: boolean;
  playsInline: boolean;
  preload: string;
  src: string;
  currentTime: number;
  readonly duration: number;
  readonly videoWidth: number;
  readonly videoHeight: number;
  addEventListener(name: string, listener: () => void, options: { once: true }): void;
  removeAttribute(name: 'src'): void;
  load(): void;
}
