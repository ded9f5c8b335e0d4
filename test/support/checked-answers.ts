import { z } from 'zod';
import {
  credentialErrors,
  declaredErrors,
  declaredReasons,
  declaredRefusals,
} from '../../server/http/declared-refusals.ts';
import { replyOf } from '../../server/http/frame/reply.ts';
import { RouteTable } from '../../server/http/frame/router.ts';
import type { Answer, Route } from '../../server/http/route.ts';
import { HostError } from '../../server/model/errors.ts';

/** What any route may be refused with, whatever it declares. */
const ANYWHERE: readonly string[] = ['internal', 'too_many_requests', 'service_unavailable'];

/**
 * Holds what routes answer and refuse against what they declare: in tests nothing undeclared may leave the
 * host. A route that a test makes and that declares no errors may refuse as it likes.
 */
export class CheckedAnswers {
  readonly #wrong: string[] = [];
  readonly #table: RouteTable;
  /** The routes with their answers and refusals looked at. */
  readonly routes: readonly Route[];
  constructor(routes: readonly Route[]) {
    this.routes = routes.map((route) => this.#watch(route));
    this.#table = new RouteTable(this.routes);
  }

  #watch(route: Route): Route {
    return {
      ...route,
      respond: async (input) => {
        try {
          const given = await route.respond(input);
          this.#note(route, answerComplaint(route.answer, given));
          return given;
        } catch (thrown) {
          if (thrown instanceof HostError) this.#note(route, refusalComplaint(route, thrown));
          throw thrown;
        }
      },
    };
  }

  /** Looks at a refusal as it left the host: its form, code and reason. */
  refused(method: string, target: string, { status, body }: Answered): void {
    const [path = '', query = ''] = target.split('?');
    const found = this.#table.find(method, path, query.includes('appToken='));
    if (status === 200 || typeof body !== 'object' || body === null || !found || !('endpoint' in found))
      return;
    const { route } = found.endpoint;
    const told = body as { code?: number; status?: string; message?: string; reason?: string };
    if (!route.errors || (told.code === undefined && told.status?.toLowerCase() !== 'fails')) return;
    const declared = declaredRefusals(route).get(status);
    const codes = [...(declared?.codes ?? [])].map((error) => new HostError(error).code);
    const isDeclared = told.code === undefined ? declared?.fails.size : codes.includes(told.code);
    if (!isDeclared) this.#note(route, `refused with ${status} ${JSON.stringify(body)}`);
    this.#note(route, reasonComplaint(route, told.reason));
  }

  #note({ method, path }: Route, wrong: string | undefined): void {
    if (wrong !== undefined) this.#wrong.push(`${method} ${path}: ${wrong}`);
  }

  /** Throws when an answer or a refusal was none that its route declares, with the route and what it was. */
  assert(): void {
    const wrong = this.#wrong.splice(0);
    if (wrong.length > 0) throw new Error(`answers that no route declares:\n${wrong.join('\n')}`);
  }
}

type Answered = { status: number; body: unknown };

function refusalComplaint(route: Route, { error, because }: HostError): string | undefined {
  if (!route.errors) return undefined;
  const declared = [...ANYWHERE, ...credentialErrors(route), ...declaredErrors(route)];
  const isDeclared = declared.includes(error);
  return isDeclared ? reasonComplaint(route, because?.reason) : `refuses with ${error}`;
}

/** The hints of a host that is developed with are no reasons of a route. */
function reasonComplaint(route: Route, reason: string | undefined): string | undefined {
  const hint = reason === 'account_waits' || reason === 'code_limited';
  const known = reason === undefined || hint || [...declaredReasons(route)].some((word) => word === reason);
  return known ? undefined : `blames with ${reason}`;
}

/** What is wrong with an answer as it leaves the host, if anything. */
function answerComplaint(declared: Answer, given: unknown): string | undefined {
  if (declared instanceof z.ZodUnknown) return undefined;
  const { status, body, contentType } = replyOf(given);
  if (status !== 200) return undefined;
  const media = contentType.split(';')[0];
  const expected = 'media' in declared ? declared.media : 'application/json';
  if (media !== expected && expected !== '*/*') return `${media} in place of ${expected}`;
  if ('media' in declared || typeof body !== 'string') return undefined;
  const checked = declared.safeParse(JSON.parse(body));
  return checked.success ? undefined : JSON.stringify(checked.error.issues);
}
