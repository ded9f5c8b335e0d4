import type { TwilioAccount } from './app.ts';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/**
 * The dearest password hash that is made or verified: more would let one stored row take the machine's
 * memory.
 */
export const PASSWORD_HASH_MAX = { memoryKib: 262_144, passes: 10 } as const;

/** Whether an address's host name means this very machine; IPv6 as a URL writes it. */
export function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** Where operators find the portal: scheme, host and port. */
export function portalOrigin(config: Pick<Config, 'portalUrl' | 'portalPort' | 'apiUrl'>): string {
  if (config.portalUrl !== undefined) return config.portalUrl;
  if (config.portalPort !== undefined) return `http://127.0.0.1:${config.portalPort}`;
  return new URL(config.apiUrl).origin;
}

/**
 * The host's settings after reading and checking, frozen. Names, defaults and meaning: operator contract §2.
 */
export interface Config {
  readonly dataDir: string;
  readonly port: number;
  readonly host: string | undefined;
  /** No trailing slash. With `port` 0 and no API_URL of its own it gets the real port once listening. */
  readonly apiUrl: string;
  readonly apiUrlIsDefault: boolean;
  readonly serverName: string;
  readonly database:
    | { readonly kind: 'sqlite'; readonly file: string }
    | { readonly kind: 'mongodb'; readonly url: string; readonly name: string };
  readonly passKey: string;
  readonly encryptKey: string;
  readonly encryptUserData: boolean;
  readonly privateKeyFile: string;
  readonly publicKeyFile: string;
  readonly mail: 'outbox' | 'sendgrid' | 'smtp';
  readonly sendGridApiKey: string | undefined;
  readonly sendGridUrl: string;
  readonly smtpUrl: string | undefined;
  readonly noreplyEmail: string;
  /** Names under which the mail server's DKIM keys stand in the sender's DNS. */
  readonly dkimSelectors: readonly string[];
  readonly sms: 'outbox' | 'twilio' | 'none';
  readonly twilio: Readonly<TwilioAccount> | undefined;
  readonly twilioUrl: string;
  /** `*` or a list of origins. */
  readonly allowOrigin: '*' | readonly string[];
  readonly trustProxyHops: number;
  readonly accessTokenDays: number;
  /** 0 = no end. */
  readonly sessionMaxDays: number;
  readonly loginTokenSeconds: number;
  readonly signupHours: number;
  readonly resetCodeMinutes: number;
  readonly inviteDays: number;
  readonly smsCodeSeconds: number;
  readonly codeTries: number;
  readonly codesPerHour: number;
  readonly codesPerDay: number;
  readonly recipientsPerAddressPerHour: number;
  readonly smsPerAppPerHour: number;
  readonly mailsPerAppPerHour: number;
  readonly smsPerPrefixPerHour: number;
  readonly invitesPerUserPerDay: number;
  readonly secondFactorTriesPerDay: number;
  readonly passwordWaitAfter: number;
  readonly passwordWaitMaxSeconds: number;
  readonly addressLimitPerMinute: number;
  readonly passwordHashMemoryKib: number;
  readonly passwordHashPasses: number;
  readonly appleIssuer: string;
  readonly appleJwksUrl: string;
  readonly googleIssuer: string;
  readonly googleJwksUrl: string;
  /** Epoch milliseconds; undefined = never. */
  readonly legacyTokensUntil: number | undefined;
  readonly logDays: number;
  readonly figuresDays: number;
  readonly importMaxMb: number;
  readonly moveInMaxMb: number;
  readonly hstsSubdomains: boolean;
  readonly assetPrivateEndpoints: boolean;
  readonly metricsHost: string;
  readonly metricsPort: number | undefined;
  readonly apiDocs: 'on' | 'off';
  readonly sample: 'on' | 'off';
  readonly portal: 'on' | 'off';
  readonly portalHost: string;
  /** Undefined: on `port`. */
  readonly portalPort: number | undefined;
  /** Networks in CIDR notation; empty = everybody. */
  readonly portalAllow: readonly string[];
  /** An origin; see `portalOrigin`. */
  readonly portalUrl: string | undefined;
  readonly logLevel: LogLevel;
  readonly shutdownSeconds: number;
  readonly databaseWaitSeconds: number;
  readonly production: boolean;
  /** Where settings came from that are not their defaults, by name. */
  readonly origins: Readonly<Record<string, 'environment' | 'file'>>;
}
