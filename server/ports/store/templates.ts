import type { Template, TemplateName } from '../../model/template.ts';

/** Edited texts only. Few per app: read through a cache at most 3 s old. */
export interface TemplateStore {
  /** Rejects with `handle_taken` when the app has an edited text of that name and locale. */
  insert(template: Template): Promise<void>;
  insertMany(templates: readonly Template[]): Promise<void>;
  find(appId: string, name: TemplateName, locale: string): Promise<Template | undefined>;
  list(appId: string): Promise<Template[]>;
  /** See `Store`. */
  replace(template: Template): Promise<Template | undefined>;
  /** False when there is no edited text. */
  remove(appId: string, name: TemplateName, locale: string): Promise<boolean>;
  /** Removes the edited texts of a dropped locale. */
  removeLocale(appId: string, locale: string): Promise<number>;
  removeAll(appId: string): Promise<number>;
}
