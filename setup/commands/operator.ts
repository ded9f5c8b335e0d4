import { existsSync } from 'node:fs';
import { operatorEmail } from '../../server/domain/operators/account.ts';
import { SETUP } from '../../server/domain/operators/audit.ts';
import { enter, issueEntry } from '../../server/domain/operators/entry.ts';
import { type Config, portalOrigin } from '../../server/model/config.ts';
import { type Command, existingConfig } from '../command.ts';
import { EXIT, SetupError } from '../exit.ts';
import { type OpenHost, openHost } from '../installation/open-host.ts';
import type { OperatorAnswer } from '../wizard/answers.ts';

/** `--operator EMAIL`: the link, and nothing else on stdout. */
export const printOperatorLink: Command = async ({ options, terminal }) => {
  const wish = { email: options.operator ?? '', resetFactor: options['reset-factor'] };
  requireEmail(wish.email);
  const config = existingConfig(options);
  requirePortal(config);
  if (!existsSync(config.privateKeyFile))
    throw new SetupError(EXIT.configuration, 'No host is installed here: run npx setup first.');
  const host = await openHost(config);
  try {
    const link = await makeOperator(host, wish);
    terminal.line('Opens once within 24 hours; whoever has it sets the password:');
    process.stdout.write(`${link}\n`);
    return EXIT.done;
  } finally {
    await host.stop();
  }
};

/** Throws `SetupError` 64 for what is no address. */
export function requireEmail(email: string): void {
  if (operatorEmail(email) === undefined)
    throw new SetupError(EXIT.wrongOption, `${JSON.stringify(email)} is no e-mail address.`);
}

/** Throws `SetupError` 78 where the portal is off. */
export function requirePortal(config: Config): void {
  if (config.portal === 'off')
    throw new SetupError(
      EXIT.configuration,
      'The portal is off (PORTAL=off): an operator could not sign in.',
    );
}

/** Makes the operator, an owner where there was none; answers the link unless they have entered. */
export async function makeOperator(host: OpenHost, wish: OperatorAnswer): Promise<string | undefined> {
  const { email, resetFactor, password } = wish;
  const issued = await issueEntry(host, SETUP, { email, role: 'owner', resetFactor });
  if (!issued) throw new SetupError(EXIT.wrongOption, `${JSON.stringify(email)} is no e-mail address.`);
  if (password !== undefined) {
    const entered = await enter(host, { secret: issued.secret, password, address: '' });
    if (entered.state === 'entered') return undefined;
  }
  return `${portalOrigin(host.config)}/portal/enter/${issued.secret}`;
}
