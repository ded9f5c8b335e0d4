import { createHostClient, HostClientError } from '../../client/host/index.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { fieldsOf } from '../fields.ts';

const METHODS = ['GET', 'POST'] as const;

export const apiCommand: Command = {
  name: 'api',
  summary: 'any route, with the right credential; prints the answer as it is, also a refusal (exit 1)',
  example: 'api POST /api/app/inviteMany -f appId=ID -F \'handles=["anna@example.com"]\'',
  arguments: [
    ['<method>', 'GET or POST'],
    ['<path>', '/api/app/… with the server secret, /api/appuser/… with COSYNC_ACCESS_TOKEN'],
  ],
  options: [
    ['-f, --field <name=value...>', 'a member as text'],
    ['-F, --json-field <name=value...>', 'a member as JSON'],
  ],
  async run(context, given) {
    const method = METHODS.find((known) => known === given.word(0).toUpperCase());
    if (!method)
      throw new CliError(EXIT.usage, `${JSON.stringify(given.word(0))} is no method.`, 'GET or POST.');
    const { url, secret } = await context.target();
    const { path, query } = pathOf(given.word(1), url);
    const credential = credentialOf(path, secret, context);
    const parameters = {
      ...(method === 'GET' && Object.fromEntries(query)),
      ...fieldsOf(given.list('field'), 'text'),
      ...fieldsOf(given.list('jsonField'), 'json'),
    };
    let refused: string | undefined;
    const client = createHostClient({
      url,
      secret: '-',
      timeoutMs: context.globals.timeoutMs,
      fetch: async (input, init) => {
        const headers = new Headers(init?.headers);
        headers.delete('server-secret');
        if (credential) headers.set(...credential);
        const response = await fetch(input, { ...init, headers });
        refused = response.ok ? undefined : await response.clone().text();
        return response;
      },
    });
    try {
      context.output.raw(
        await client.any(method, method === 'GET' ? path : path + queryText(query), parameters),
      );
      return EXIT.done;
    } catch (error) {
      if (error instanceof HostClientError && refused) context.output.raw(refused);
      throw error;
    }
  },
};

/** Only a path of the host itself: the credential goes nowhere else. Throws `CliError` 64. */
function pathOf(text: string, url: string): { path: string; query: URLSearchParams } {
  const isPath = /^\/(?![/\\])/.test(text) && !text.includes('\\') && URL.canParse(url + text);
  const { origin, pathname, searchParams: query } = new URL(isPath ? url + text : url);
  const base = new URL(url).pathname.replace(/\/$/, '');
  if (!isPath || origin !== new URL(url).origin || !pathname.startsWith(base)) {
    throw new CliError(
      EXIT.usage,
      `${JSON.stringify(text)} is no path of the host.`,
      'Example: /api/app/overview',
    );
  }
  return { path: pathname.slice(base.length), query };
}

function queryText(query: URLSearchParams): string {
  return query.size === 0 ? '' : `?${query}`;
}

function credentialOf(
  path: string,
  secret: string,
  { env }: Context,
): [name: string, value: string] | undefined {
  if (path.startsWith('/api/appuser/')) {
    if (env.COSYNC_ACCESS_TOKEN) return ['access-token', env.COSYNC_ACCESS_TOKEN.trim()];
    throw new CliError(EXIT.usage, 'This is a route of users, and COSYNC_ACCESS_TOKEN is not set.');
  }
  return path.startsWith('/api/') ? ['server-secret', secret] : undefined;
}
