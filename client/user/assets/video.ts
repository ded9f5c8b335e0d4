import { device, type Video } from './device.ts';

/** What cannot be played does not always say so. */
const PATIENCE_MS = 10_000;
/** Many videos begin in black. */
const FRAME_AT_S = 1;

/**
 * Shows an early frame of a video to `work`. Rejects for what this device cannot play, and outside of pages.
 */
export async function withFrame<T>(
  file: Blob,
  work: (shown: { video: Video; duration: number }) => Promise<T>,
): Promise<T> {
  const video = device.document?.createElement('video');
  if (!video) throw new Error('no document');
  const address = URL.createObjectURL(file);
  try {
    video.muted = true;
    video.playsInline = true;
    video.preload = 'auto';
    const ready = told(video, 'loadeddata');
    video.src = address;
    await ready;
    const { duration } = video;
    const seeked = told(video, 'seeked');
    video.currentTime = Math.min(FRAME_AT_S, Number.isFinite(duration) ? duration / 4 : 0);
    await seeked;
    return await work({ video, duration });
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(address);
  }
}

function told(video: Video, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('too slow')), PATIENCE_MS);
    const end = (then: () => void) => () => {
      clearTimeout(timer);
      then();
    };
    video.addEventListener(name, end(resolve), { once: true });
    video.addEventListener(
      'error',
      end(() => reject(new Error('cannot be played'))),
      { once: true },
    );
  });
}
