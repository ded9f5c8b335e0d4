import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from '../client/host/index.ts';
import { cannotWrite } from '../setup/installation/files.ts';
import { placeOf } from './app-texts.ts';
import { CliError, EXIT } from './exit.ts';

const SAFE_PLACE = /^[A-Z]{2}\/[A-Za-z]+$/;

/** What can be edited of a text. */
export interface TextParts {
  subject: string;
  htmlTemplate: string;
  replyTo?: string | undefined;
  localeLinkText?: string | undefined;
}

export function partsOf({ subject, htmlTemplate, replyTo, localeLinkText }: Template): TextParts {
  return { subject, htmlTemplate, ...(replyTo && { replyTo }), ...(localeLinkText && { localeLinkText }) };
}

/**
 * Writes a text into a folder: `DE/invite.html` as it is sent, `DE/invite.json` with subject and the rest.
 * Throws `SetupError` 73.
 */
export function writeText(folder: string, text: Template): void {
  const place = placeOf(text);
  if (!SAFE_PLACE.test(place)) throw new CliError(EXIT.refused, 'The host has a text without a proper name.');
  const { htmlTemplate, ...head } = partsOf(text);
  try {
    mkdirSync(join(folder, text.locale), { recursive: true });
    writeFileSync(join(folder, `${place}.html`), htmlTemplate);
    writeFileSync(join(folder, `${place}.json`), `${JSON.stringify(head, undefined, 2)}\n`);
  } catch (error) {
    throw cannotWrite(join(folder, place), error);
  }
}

/**
 * The places of the texts in a folder. Throws `CliError` 66 where there is no such folder, 65 where there is
 * no text in it.
 */
export function placesIn(folder: string): string[] {
  if (!existsSync(folder)) throw new CliError(EXIT.fileMissing, `There is no folder ${folder}.`);
  const places = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html'))
    .map((file) => file.slice(0, -'.html'.length))
    .sort();
  if (places.length === 0)
    throw new CliError(EXIT.badInput, `There is no text in ${folder}: it wants files like DE/invite.html.`);
  return places;
}

/** A text as it stands in the folder; parts that are not there stay as they are. Throws `CliError` 65. */
export function readParts(folder: string, place: string, before: Template): TextParts {
  const htmlTemplate = readFileSync(join(folder, `${place}.html`), 'utf8');
  const head = join(folder, `${place}.json`);
  if (!existsSync(head)) return { ...partsOf(before), htmlTemplate };
  try {
    const parts: Partial<Record<keyof TextParts, unknown>> = JSON.parse(readFileSync(head, 'utf8'));
    const known = (['subject', 'replyTo', 'localeLinkText'] as const).filter(
      (name) => parts[name] !== undefined,
    );
    if (known.some((name) => typeof parts[name] !== 'string')) throw new TypeError('a part is no text');
    return {
      ...partsOf(before),
      ...Object.fromEntries(known.map((name) => [name, parts[name]])),
      htmlTemplate,
    };
  } catch (error) {
    throw new CliError(EXIT.badInput, `${head} cannot be used: ${(error as Error).message}.`);
  }
}

export function isSame(one: TextParts, other: TextParts): boolean {
  return (['subject', 'htmlTemplate', 'replyTo', 'localeLinkText'] as const).every(
    (name) => (one[name] ?? '') === (other[name] ?? ''),
  );
}
