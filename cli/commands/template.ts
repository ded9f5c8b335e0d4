import type { Template } from '../../client/host/index.ts';
import { findText, placeOf, textsOf } from '../app-texts.ts';
import type { Command } from '../command.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Column } from '../output/table.ts';
import { readText } from '../read-input.ts';
import { isSame, partsOf, placesIn, readParts, writeText } from '../text-files.ts';

const NAME = [
  '<name>',
  'signUp, signUpLink, clickThrough, resetPassword, invite, qrCode, sms or signUpSuccess',
] as const;
const LOCALE = ['--locale <locale>', 'its language; without it the first of the app'] as const;

const COLUMNS: readonly Column<Template>[] = [
  { title: 'name', of: ({ templateName }) => templateName },
  { title: 'locale', of: ({ locale }) => locale },
  { title: 'subject', of: ({ subject }) => subject },
  { title: 'updated', of: ({ updatedAt }) => updatedAt },
];
const PLACE_COLUMNS: readonly Column<{ text: string; outcome: string }>[] = [
  { title: 'text', of: ({ text }) => text },
  { title: 'outcome', of: ({ outcome }) => outcome },
];

export const templateCommands: readonly Command[] = [
  {
    name: 'template list',
    summary: 'the texts of the app in all its languages',
    example: 'template list',
    async run(context) {
      const { appId } = await context.app();
      context.output.rows(await textsOf(await context.host(), appId), COLUMNS);
      return EXIT.done;
    },
  },
  {
    name: 'template get',
    summary: 'prints a text as it stands, to be edited',
    example: 'template get invite --locale de > invite.html',
    arguments: [NAME],
    options: [LOCALE],
    async run(context, given) {
      const { appId } = await context.app();
      const text = await findText(await context.host(), appId, {
        name: given.word(0),
        locale: given.text('locale'),
      });
      context.output.text(text.htmlTemplate, text);
      return EXIT.done;
    },
  },
  {
    name: 'template set',
    summary: 'replaces a text',
    example: 'template set invite --locale de --file invite.html --subject "Komm dazu"',
    arguments: [NAME],
    options: [
      LOCALE,
      ['--file <file>', 'the text; - for standard input'],
      ['--subject <subject>', 'another subject'],
    ],
    async run(context, given) {
      const file = given.text('file');
      if (file === undefined) throw new CliError(EXIT.usage, 'Where does the text stand?', '--file FILE');
      const htmlTemplate = await readText(file);
      if (htmlTemplate.trim() === '') throw new CliError(EXIT.badInput, `There is no text in ${file}.`);
      const { appId } = await context.app();
      const host = await context.host();
      const before = await findText(host, appId, { name: given.word(0), locale: given.text('locale') });
      const subject = given.text('subject') ?? before.subject;
      const text = await host.texts.update({
        appId,
        _id: before._id,
        ...partsOf(before),
        subject,
        htmlTemplate,
      });
      context.output.done(`${placeOf(text)} is replaced.`, text);
      return EXIT.done;
    },
  },
  {
    name: 'template preview',
    summary: 'a text filled with sample values, as people get it',
    example: 'template preview invite --file invite.html',
    arguments: [NAME],
    options: [LOCALE, ['--file <file>', 'this text instead of the stored one'], ['--html', 'as HTML']],
    async run(context, given) {
      const { appId } = await context.app();
      const host = await context.host();
      const file = given.text('file');
      const stored = await findText(host, appId, { name: given.word(0), locale: given.text('locale') });
      const htmlTemplate = file === undefined ? undefined : await readText(file);
      const shown = await host.texts.preview({ appId, _id: stored._id, htmlTemplate });
      context.output.text(given.flag('html') ? shown.html : `${shown.subject}\n\n${shown.text}`, shown);
      return EXIT.done;
    },
  },
  {
    name: 'template reset',
    summary: 'takes an edited text back: the built-in one is sent again',
    example: 'template reset invite --locale de',
    arguments: [NAME],
    options: [LOCALE],
    async run(context, given) {
      const { appId } = await context.app();
      const host = await context.host();
      const { templateName, locale } = await findText(host, appId, {
        name: given.word(0),
        locale: given.text('locale'),
      });
      const text = await host.texts.reset({ appId, templateName, locale });
      context.output.done(`${placeOf(text)} is the built-in one again.`, text);
      return EXIT.done;
    },
  },
  {
    name: 'template pull',
    summary: 'writes every text into a folder: DE/invite.html and DE/invite.json',
    example: 'template pull ./texts',
    arguments: [['<folder>', 'made when it is not there']],
    async run(context, given) {
      const { appId } = await context.app();
      const texts = await textsOf(await context.host(), appId);
      for (const text of texts) writeText(given.word(0), text);
      context.output.done(`${texts.length} texts are in ${given.word(0)}.`, {
        texts: texts.length,
        folder: given.word(0),
      });
      return EXIT.done;
    },
  },
  {
    name: 'template push',
    summary: 'replaces the texts that are different in a folder',
    example: 'template push ./texts',
    arguments: [['<folder>', 'as pull writes it']],
    async run(context, given) {
      const folder = given.word(0);
      const places = placesIn(folder);
      const { appId } = await context.app();
      const host = await context.host();
      const known = new Map((await textsOf(host, appId)).map((text) => [placeOf(text), text]));
      const unknown = places.find((place) => !known.has(place));
      if (unknown !== undefined) {
        throw new CliError(
          EXIT.badInput,
          `The app has no text ${unknown}: nothing was changed.`,
          'cosync template list',
        );
      }
      const changes = places.flatMap((place) => {
        const before = known.get(place);
        if (!before) return [];
        const parts = readParts(folder, place, before);
        return [{ place, before, parts, isSame: isSame(parts, partsOf(before)) }];
      });
      for (const { before, parts, isSame } of changes) {
        if (!isSame) await host.texts.update({ appId, _id: before._id, ...parts });
      }
      const rows = changes.map(({ place, isSame }) => ({
        text: place,
        outcome: isSame ? 'same' : 'replaced',
      }));
      context.output.rows(rows, PLACE_COLUMNS);
      return EXIT.done;
    },
  },
];
