import type { Command } from '../command.ts';
import { askYesTo } from '../confirm.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { plain } from '../output/plain.ts';

export const operatorCommands: readonly Command[] = [
  {
    name: 'operator list',
    summary: 'who signs in to the portal; only where the data folder is',
    example: 'operator list',
    async run(context) {
      const config = await localConfig(context);
      const { listOperators } = await import('../../setup/installation/operators.ts');
      const operators = await listOperators(config);
      context.output.rows(operators, [
        { title: 'email', of: ({ email }) => email },
        { title: 'role', of: ({ role }) => role },
        { title: 'second factor', of: ({ secondFactor }) => secondFactor },
        { title: 'last sign-in', of: ({ lastSignIn, invited }) => (invited ? 'invited' : lastSignIn) },
      ]);
      if (operators.length === 0)
        context.terminal.line('Nobody yet: cosync operator invite EMAIL --role owner');
      return EXIT.done;
    },
  },
  {
    name: 'operator invite',
    summary: 'prints a link that opens the portal once within 24 hours; whoever has it sets the password',
    example: 'operator invite anna@example.com --role support',
    arguments: [['<email>', 'who gets the link from you']],
    options: [['--role <role>', 'owner, admin, support or viewer, for somebody new']],
    async run(context, given) {
      const { inviteOperator, isRole, ROLES } = await import('../../setup/installation/operators.ts');
      const role = given.text('role');
      if (role === undefined || !isRole(role)) {
        throw new CliError(EXIT.usage, 'Which role?', `--role ${ROLES.join('|')}`);
      }
      const config = await localConfig(context);
      if (config.portal === 'off') {
        throw new CliError(
          EXIT.configuration,
          'The portal is off (PORTAL=off): an operator could not sign in.',
        );
      }
      const invited = await inviteOperator(config, { email: given.word(0), role });
      if (!invited) throw new CliError(EXIT.usage, `${JSON.stringify(given.word(0))} is no e-mail address.`);
      context.terminal.line(`Opens once within 24 hours, for ${plain(invited.email)} as ${invited.role}:`);
      context.output.text(invited.link, invited);
      return EXIT.done;
    },
  },
  {
    name: 'operator remove',
    summary: 'removes an operator and ends their sessions',
    example: 'operator remove anna@example.com --yes',
    arguments: [['<email>', 'who it is']],
    async run(context, given) {
      const email = given.word(0);
      const config = await localConfig(context);
      await askYesTo(context, `Takes the portal away from ${plain(email)} and ends their sessions at once.`);
      const { removeOperatorOf } = await import('../../setup/installation/operators.ts');
      const change = await removeOperatorOf(config, email);
      if (change === 'gone')
        throw new CliError(EXIT.refused, `There is no operator ${plain(email)}.`, 'cosync operator list');
      if (change === 'lastOwner') {
        throw new CliError(EXIT.refused, 'The last owner cannot go.', 'Invite another owner first.');
      }
      context.output.done(`${email} is no operator any more.`, { email, removed: true });
      return EXIT.done;
    },
  },
];

/** Operators have no route: they are kept where the data is. Throws `CliError` 64 elsewhere. */
async function localConfig({ globals, env, hosts }: Context) {
  if (globals.host !== undefined || env.COSYNC_URL || hosts.current !== undefined) {
    throw new CliError(
      EXIT.usage,
      'Operators are kept in the data folder of a host, and commands go to an address now.',
      'Run this where the data folder is, after: cosync host use -',
    );
  }
  const { findLocalHost } = await import('../../setup/installation/local-host.ts');
  const local = await findLocalHost(env);
  if (!local) {
    throw new CliError(
      EXIT.usage,
      'Operators are kept in the data folder of a host, and none is here.',
      'Name it: DATA_DIR=…',
    );
  }
  return local.config;
}
