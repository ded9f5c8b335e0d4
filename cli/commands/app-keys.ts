import { effectOf, type ListedKey } from '../../client/host/index.ts';
import type { Command } from '../command.ts';
import { askName, askYes, CONFIRM_OPTION } from '../confirm.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Column } from '../output/table.ts';

const PHASES = ['prepare', 'activate', 'retire'] as const;
const GRACE_HOURS = 168;

const KEY_COLUMNS: readonly Column<
  ListedKey & { nextStep?: string | undefined; notBefore?: string | undefined }
>[] = [
  { title: 'kid', of: ({ kid }) => kid },
  { title: 'state', of: ({ state }) => state },
  { title: 'created', of: ({ createdAt }) => createdAt },
  { title: 'next step', of: ({ nextStep }) => nextStep },
  { title: 'not before', of: ({ notBefore }) => notBefore },
];

export const appKeyCommands: readonly Command[] = [
  {
    name: 'app token',
    summary: 'prints the app token; --rotate makes a new one',
    example: 'app token --app shop',
    options: [
      ['--rotate', 'make a new one'],
      ['--grace-hours <hours>', 'how long the old one still works, 0 to 720 (168)'],
    ],
    async run(context, given) {
      const { appId } = await context.app();
      const host = await context.host();
      if (!given.flag('rotate')) {
        const { appToken } = await host.apps.get({ appId });
        context.output.text(appToken, { appId, appToken });
        return EXIT.done;
      }
      const graceHours = wholeNumber(given.text('graceHours'), GRACE_HOURS);
      await askYes(context, effectOf('rotateAppToken', { hours: graceHours }));
      const { appToken } = await host.tokens.rotateAppToken({ appId, graceHours });
      context.output.text(appToken, { appId, appToken });
      return EXIT.done;
    },
  },
  {
    name: 'app keys',
    summary: 'the key pairs that sign user JWTs, or the next step of a rotation',
    example: 'app keys prepare --app shop',
    arguments: [['[phase]', 'prepare, activate or retire']],
    options: [['--force', 'before its time'], CONFIRM_OPTION],
    async run(context, given) {
      const wanted = given.words[0];
      const phase = PHASES.find((known) => known === wanted);
      if (wanted !== undefined && !phase) {
        throw new CliError(
          EXIT.usage,
          `${JSON.stringify(wanted)} is no step.`,
          `One of ${PHASES.join(', ')}.`,
        );
      }
      const { appId, name } = await context.app();
      const { tokens } = await context.host();
      if (!phase) {
        context.output.rows(await tokens.keys({ appId }), KEY_COLUMNS);
        return EXIT.done;
      }
      const force = given.flag('force');
      if (phase === 'retire' && force) {
        const previous = (await tokens.keys({ appId })).filter(({ state }) => state === 'previous');
        await askName(context, effectOf('retireKey', { keys: previous.length }), { name, given });
      }
      const { keys } = await tokens.rotateKey({ appId, phase, ...(force && { force }) }, context.calls);
      context.output.rows(keys, KEY_COLUMNS);
      return EXIT.done;
    },
  },
  {
    name: 'app superuser-token',
    summary: 'tokens of a superuser of the app, who may set its data',
    example: 'app superuser-token --minutes 10 --json',
    options: [
      ['--minutes <minutes>', 'how long they live, 1 to 1440 (60)'],
      ['--name <name>', 'who it is (superuser)'],
    ],
    async run(context, given) {
      const expiresInMinutes = wholeNumber(given.text('minutes'), 60);
      const { appId } = await context.app();
      const name = given.text('name');
      const { tokens } = await context.host();
      context.output.record(
        await tokens.issueSuperUserToken({ appId, expiresInMinutes, ...(name !== undefined && { name }) }),
      );
      return EXIT.done;
    },
  },
];

function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CliError(EXIT.usage, `${JSON.stringify(text)} is no whole number.`);
}
