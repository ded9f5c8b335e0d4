import type { Rule, Verifier } from '../../client/host/index.ts';
import type { Command } from '../command.ts';
import { CliError, EXIT } from '../exit.ts';
import { fieldsOf } from '../fields.ts';
import type { Column } from '../output/table.ts';
import { readSecret } from '../read-input.ts';

const COLUMNS: readonly Column<Rule>[] = [
  { title: 'ok', of: ({ ok }) => ok },
  { title: 'rule', of: ({ rule }) => rule },
  { title: 'detail', of: ({ detail }) => detail },
  { title: 'repair', of: ({ repair }) => repair },
];

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'what a verifier will say of a user JWT, rule by rule; exit 1 when it is not valid',
  example: 'verify - --as powersync --option audience=https://shop.powersync.example < token.txt',
  arguments: [['<token>', 'the JWT, or - for standard input']],
  options: [
    [
      '--as <verifier>',
      'generic, powersync, couchbase, hasura, supabase …; see docs/connecting.md (generic)',
    ],
    ['--option <name=value...>', 'what the verifier was told: audience, issuer, role …'],
  ],
  async run(context, given) {
    const token = given.word(0) === '-' ? (await readSecret(context, 'Token')).trim() : given.word(0);
    if (token === '') throw new CliError(EXIT.usage, 'The token is missing.');
    const { appId } = await context.app();
    const { tokens } = await context.host();
    const as = (given.text('as') ?? 'generic') as Verifier;
    const options = fieldsOf(given.list('option'), 'json');
    const verified = await tokens.verify({ appId, token, as, options });
    if (context.output.format === 'json') context.output.record(verified);
    else context.output.rows(verified.rules, COLUMNS);
    context.terminal.line(verified.valid ? `Valid for ${as}.` : `Not valid for ${as}.`);
    return verified.valid ? EXIT.done : EXIT.refused;
  },
};
