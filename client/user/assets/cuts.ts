import { type Canvas, device, type Picture, type Video } from './device.ts';
import type { AssetCut, AssetSource } from './types.ts';
import { withFrame } from './video.ts';

/** What is told of a picture or video when it is listed, and its small versions. */
export interface Looks {
  xRes?: number;
  yRes?: number;
  /** Seconds. */
  duration?: number;
  color?: string;
  cuts: Map<AssetCut, AssetSource>;
}

const WIDTHS = { small: 300, medium: 600, large: 900, videoPreview: 1_920 };
/** What a host takes for a cut. */
const CUT_BYTES = 2 * 1_048_576;
const QUALITIES = [0.85, 0.6, 0.35];

/** Every cut that suits a type. */
export function canMake(contentType: string): readonly AssetCut[] {
  if (/^image\//i.test(contentType)) return ['small', 'medium', 'large'];
  return /^video\//i.test(contentType) ? ['videoPreview', 'small', 'medium', 'large'] : [];
}

/**
 * Looks at a picture or the beginning of a video, and makes the cuts that are smaller than it. What this
 * device cannot decode has no looks, and that is no fault: the file is sent all the same.
 */
export async function measured(
  file: AssetSource,
  contentType: string,
  wanted: readonly AssetCut[],
): Promise<Looks> {
  try {
    if (file instanceof Blob && /^image\//i.test(contentType) && device.createImageBitmap) {
      const picture = await device.createImageBitmap(file);
      const { width, height } = picture;
      try {
        return await looksOf({ picture, width, height }, contentType, wanted);
      } finally {
        picture.close();
      }
    }
    if (file instanceof Blob && /^video\//i.test(contentType) && device.document) {
      return await withFrame(file, async ({ video, duration }) => {
        const { videoWidth: width, videoHeight: height } = video;
        const looks = await looksOf({ picture: video, width, height }, 'image/jpeg', wanted);
        return { ...looks, ...(Number.isFinite(duration) && { duration }) };
      });
    }
  } catch {}
  return { cuts: new Map() };
}

interface Shown {
  picture: Picture | Video;
  width: number;
  height: number;
}

async function looksOf(shown: Shown, contentType: string, wanted: readonly AssetCut[]): Promise<Looks> {
  const { width, height } = shown;
  const cuts = new Map<AssetCut, AssetSource>();
  for (const cut of wanted) {
    // A preview shows what no picture does: small videos have one as they are.
    const wide = cut === 'videoPreview' ? Math.min(width, WIDTHS[cut]) : WIDTHS[cut];
    if (cut !== 'videoPreview' && wide >= width) continue;
    const made = await encoded(
      drawn(shown, wide, Math.max(1, Math.round((height * wide) / width))),
      contentType,
    );
    if (made) cuts.set(cut, made);
  }
  return { xRes: width, yRes: height, ...colorOf(shown), cuts };
}

function drawn({ picture }: Shown, width: number, height: number): Canvas {
  const canvas = device.OffscreenCanvas
    ? new device.OffscreenCanvas(width, height)
    : (device.document as NonNullable<typeof device.document>).createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  return canvas;
}

/** As JPEG, or as WebP what may be transparent, where the browser writes that; at most 2 MB. */
async function encoded(canvas: Canvas, contentType: string): Promise<Blob | undefined> {
  const isOpaque = /^image\/jpe?g$/i.test(contentType);
  for (const quality of QUALITIES) {
    const made = await blobOf(canvas, isOpaque ? 'image/jpeg' : 'image/webp', quality);
    if (made && made.size <= CUT_BYTES) return made;
  }
  if (isOpaque) return undefined;
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  return encoded(canvas, 'image/jpeg');
}

function blobOf(canvas: Canvas, type: string, quality: number): Promise<Blob | null> {
  if (canvas.convertToBlob) return canvas.convertToBlob({ type, quality });
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality));
}

/** The mean of all, which a page can show until the picture is there. */
function colorOf(shown: Shown): { color?: string } {
  const { data } = drawn(shown, 1, 1).getContext('2d')?.getImageData(0, 0, 1, 1) ?? { data: [] };
  const [red, green, blue, alpha] = Array.from(data);
  if (!alpha) return {};
  return { color: `#${[red, green, blue].map((part = 0) => part.toString(16).padStart(2, '0')).join('')}` };
}
