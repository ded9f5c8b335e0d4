import { type AppSettings, HostClientError } from '../client/host/index.ts';
import { CliError } from './exit.ts';
import { explain } from './explain.ts';

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

/**
 * A refused change of settings says what the setting may be. The host decides: one of another version may
 * know further values.
 */
export async function namingChoices<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof HostClientError) || error.reason !== 'unknown_value') throw error;
    const choices = Object.entries(SETTING_CHOICES).find(([name]) => name === error.field)?.[1];
    if (!choices) throw error;
    const { exitCode, lines } = explain(error, undefined);
    throw new CliError(exitCode, lines.join(' '), `One of ${choices.join(', ')}.`);
  }
}
