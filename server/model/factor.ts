/**
 * The second factors: their names in login tokens and events, and how a log-in by each is called in events.
 */
export const FACTOR_METHODS = { totp: 'totp', phone: 'sms' } as const;
export type Factor = keyof typeof FACTOR_METHODS;
/** In the order in which they are asked for where nothing else decides. */
export const FACTOR_NAMES = Object.keys(FACTOR_METHODS) as [Factor, ...Factor[]];
/** How a second step was passed: by a factor, or by a recovery code in place of any. */
export type FactorMethod = (typeof FACTOR_METHODS)[Factor] | 'recovery';
