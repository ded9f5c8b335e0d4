import type { Config } from '../model/config.ts';
import type { ShownSetting } from '../ports/host-facts.ts';
import { fieldName, SETTINGS, type SettingName } from './settings.ts';

/** Every setting as it holds, with its origin; secrets without their value. */
export function shownSettings(config: Config): ShownSetting[] {
  return (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const { secret } = SETTINGS[name];
    const value = secret ? undefined : textOf(name, heldBy(config, name));
    return { name, ...(value !== undefined && { value }), origin: config.origins[name] ?? 'default', secret };
  });
}

function heldBy(config: Config, name: SettingName): unknown {
  if (name === 'TWILIO_ACCOUNT_SID') return config.twilio?.accountSid;
  if (name === 'TWILIO_PHONE_NUMBER') return config.twilio?.phoneNumber;
  return (config as unknown as Record<string, unknown>)[fieldName(name)];
}

/** As the setting is written. */
function textOf(name: SettingName, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (name === 'LEGACY_TOKENS_UNTIL') return new Date(Number(value)).toISOString();
  return Array.isArray(value) ? value.join(',') : String(value);
}
