import type { App } from '../../client/host/apps.ts';
import type { Texts } from '../frame/texts.ts';

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;
const STEP = 1_024;
const MB = STEP ** 2;

/** Whether an app keeps files of its users; hosts of before know nothing of it. */
export function keepsAssets({ assetStorage }: Partial<Pick<App, 'assetStorage'>>): boolean {
  return assetStorage !== undefined && assetStorage !== 'off';
}

/** Bytes as people read them: "12.3 MB". */
export function sizeText(texts: Texts, bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log(bytes) / Math.log(STEP)));
  return `${texts.number(Math.round((bytes / STEP ** power) * 10) / 10)} ${UNITS[power]}`;
}

/** What a user's files take, and what they may take where that is limited. */
export function usageOf(texts: Texts, { assetQuotaMb }: Pick<App, 'assetQuotaMb'>, bytes: number) {
  const quota = assetQuotaMb * MB;
  return {
    bytes: sizeText(texts, bytes),
    share: quota > 0 ? Math.min(bytes, quota) : undefined,
    quota,
    of: quota > 0 ? texts.say('assets.ofQuota', { quota: sizeText(texts, quota) }) : undefined,
  };
}
