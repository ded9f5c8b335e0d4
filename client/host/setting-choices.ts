import type { AppSettings } from './apps.ts';

/** Settings that know a few values alone. */
type Choices = {
  readonly [K in keyof AppSettings as string extends AppSettings[K]
    ? never
    : AppSettings[K] extends string
      ? K
      : never]: readonly AppSettings[K][];
};

/** What such a setting may be. */
export const SETTING_CHOICES = {
  type: ['development', 'commercial'],
  status: ['active', 'inactive', 'suspended', 'blocked', 'migrated'],
  handle: ['email', 'phone'],
  signupFlow: ['code', 'link', 'none'],
  linkConfirmation: ['button', 'immediate'],
  twoFactorVerification: ['none', 'google', 'phone'],
  userIdFormat: ['uid', 'handle', 'raw'],
  assetStorage: ['off', 'local', 's3'],
} as const satisfies Choices;
