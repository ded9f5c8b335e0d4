import { issueServerSecret, rotateServerSecret } from '../../server/domain/tokens/server-secret.ts';
import { type Command, existingConfig } from '../command.ts';
import { EXIT } from '../exit.ts';
import { type OpenHost, openHost } from '../installation/open-host.ts';
import type { Options } from '../options.ts';

/** `--print-secret`: the server secret token, and nothing else on stdout. */
export const printSecret: Command = async ({ options }) => {
  const token = await withHost(options, async (host) => {
    const secret = await issueServerSecret(host);
    host.events.emit('secret_shown');
    return secret;
  });
  process.stdout.write(`${token}\n`);
  return EXIT.done;
};

/** `--rotate-secret`: a new token on stdout; the old one is refused in every process within 5 s. */
export const rotateSecret: Command = async ({ options, terminal }) => {
  const token = await withHost(options, async (host) => {
    const rotated = await rotateServerSecret(host);
    host.events.emit('secret_rotated', { generation: rotated.generation });
    host.activity.record({
      action: 'rotateSecret',
      value: `generation ${rotated.generation}`,
      logType: 'app',
      status: 'success',
    });
    return rotated.token;
  });
  terminal.line('The old server secret is refused from now on. Give the portal the new one:');
  process.stdout.write(`${token}\n`);
  return EXIT.done;
};

async function withHost<T>(options: Options, work: (host: OpenHost) => Promise<T>): Promise<T> {
  const host = await openHost(existingConfig(options));
  try {
    return await work(host);
  } finally {
    await host.stop();
  }
}
