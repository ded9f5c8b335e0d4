import { z } from 'zod';
import { VERSION } from '../../config/version.ts';
import { shownSettings } from '../../domain/apps/setting-values.ts';
import type { App, MetadataField } from '../../model/app.ts';
import { settingAnswers } from './setting-answer.ts';
import { timeText, wireTime } from './time.ts';

const field = z.strictObject({
  id: z.string(),
  path: z.string(),
  required: z.boolean(),
  fieldName: z.string(),
  canEdit: z.boolean().optional(),
});

/**
 * What a client may know of its app: these members and no others (contract §3.5.20, §8 S21). Never one named
 * `code`, which old clients take for an error; all five password numbers and `userNamesEnabled` always, which
 * some need (C13).
 */
export const applicationAnswer = z.strictObject({
  name: z.string(),
  ...settingAnswers('clients'),
  appData: z.record(z.string(), z.unknown()).optional(),
  metaData: z.array(field),
  metaDataInvite: z.array(field),
  locales: z.array(z.string()),
  /** Clients may send passwords as typed. */
  passwordText: z.literal(true),
  /** Sessions can be renewed. */
  renew: z.literal(true),
  hostVersion: z.string(),
  createdAt: timeText,
  updatedAt: timeText,
});
export function wireApplication(app: App): z.infer<typeof applicationAnswer> {
  const { metaDataEmail, emailExtension, ...settings } = shownSettings(app, 'clients');
  return {
    name: app.name,
    ...settings,
    appData: app.appData,
    metaData: app.metaData.map(wireField),
    metaDataInvite: app.metaDataInvite.map(wireField),
    metaDataEmail,
    emailExtension,
    locales: app.locales,
    passwordText: true,
    renew: true,
    hostVersion: VERSION,
    createdAt: wireTime(app.createdAt),
    updatedAt: wireTime(app.updatedAt),
  };
}

function wireField({ id, path, fieldName, required, canEdit }: MetadataField): z.infer<typeof field> {
  return { id, path, required, fieldName, canEdit };
}
