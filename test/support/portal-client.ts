import { Agent } from 'node:http';
import { SETUP } from '../../server/domain/operators/audit.ts';
import { enter, issueEntry } from '../../server/domain/operators/entry.ts';
import type { AppLimit, Operator, Role } from '../../server/model/operator.ts';
import type { TestHost } from './host.ts';
import { type Answer, send } from './http-client.ts';

export const OPERATOR_PASSWORD = 'a calm pass phrase';

/** An operator who has entered; `email` is made up unless given. */
export async function makeOperator(
  { deps }: TestHost,
  role: Role = 'owner',
  { email = `${deps.codes.newId()}@example.com`, apps }: { email?: string; apps?: AppLimit[] } = {},
): Promise<Operator> {
  const issued = await issueEntry(deps, SETUP, { email, role, apps });
  if (!issued) throw new TypeError(`${email} is no address`);
  const entered = await enter(deps, { secret: issued.secret, password: OPERATOR_PASSWORD, address: '' });
  if (entered.state !== 'entered') throw new TypeError(entered.state);
  return entered.operator;
}

/** A browser without scripts: keeps cookies, says where it comes from, sends forms as pages hold them. */
export class PortalClient {
  readonly #host: TestHost;
  readonly #agent = new Agent({ keepAlive: true });
  readonly cookies = new Map<string, string>();
  /** What every request says; set a header to undefined to leave it out. */
  headers: Record<string, string | undefined> = { 'sec-fetch-site': 'same-origin' };
  /** The last page. */
  page: Answer | undefined;

  constructor(host: TestHost) {
    this.#host = host;
  }

  async get(path: string, headers: Record<string, string | undefined> = {}): Promise<Answer> {
    return this.#keep(await this.#send('GET', path, { headers }));
  }
  /** Sends fields with the `csrf` of the last page. */
  async post(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string | undefined> = {},
  ): Promise<Answer> {
    const form = { csrf: this.csrf(), ...fields };
    return this.#keep(await this.#send('POST', path, { form, headers }));
  }
  /** Sends a body as it is; its `csrf` is the caller's. */
  async send(path: string, { raw, type }: { raw: Buffer; type: string }): Promise<Answer> {
    return this.#keep(await this.#send('POST', path, { raw, headers: { 'content-type': type } }));
  }
  /** Follows 303 to the page it leads to. */
  async follow(answer: Answer): Promise<Answer> {
    let at = answer;
    while (at.status === 303) at = await this.get(String(at.headers.location));
    return at;
  }
  /** Sends a form, gives the password where a fresh proof is asked for, and answers the page that follows. */
  async act(path: string, fields: Record<string, string> = {}): Promise<Answer> {
    let answer = await this.post(path, fields);
    if (String(answer.headers.location).startsWith('/portal/confirm')) {
      const confirm = await this.follow(answer);
      const form = /name="form" value="(\w+)"/.exec(confirm.text)?.[1] ?? '';
      answer = await this.post('/portal/confirm', { form, password: OPERATOR_PASSWORD });
    }
    return this.follow(answer);
  }
  /** The hidden fields of the form of the last page that goes to this address. */
  hidden(address: string): Record<string, string> {
    const forms = [...(this.page?.text ?? '').matchAll(/<form[^>]* action="([^"]*)"[^>]*>(.*?)<\/form>/gs)];
    const [, , body = ''] = forms.find(([, action]) => action === address) ?? [];
    const inputs = body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
    return Object.fromEntries(
      [...inputs].map(([, name = '', value = '']) => [unescaped(name), unescaped(value)]),
    );
  }
  csrf(): string {
    return /name="csrf" value="([\w-]+)"/.exec(this.page?.text ?? '')?.[1] ?? '';
  }
  async signIn({ email }: { email: string }, password = OPERATOR_PASSWORD): Promise<Answer> {
    await this.get('/portal/sign-in');
    return this.follow(await this.post('/portal/sign-in', { email, password, to: '/portal' }));
  }
  close(): void {
    this.#agent.destroy();
  }

  async #send(
    method: string,
    path: string,
    {
      form,
      raw,
      headers,
    }: { form?: Record<string, string>; raw?: Buffer; headers: Record<string, string | undefined> },
  ): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const all = { cookie: cookie || undefined, 'user-agent': 'test browser', ...this.headers, ...headers };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const answer = await send({
      agent: this.#agent,
      port: this.#host.port,
      method,
      path,
      input: { headers: Object.fromEntries(given), ...(form && { form }), ...(raw && { raw }) },
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }
  #keep(answer: Answer): Answer {
    if (answer.status !== 303) this.page = answer;
    return answer;
  }
}

/** Text as it was before a template escaped it. */
export function unescaped(html: string): string {
  return html
    .replaceAll(/&#x([\dA-F]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
