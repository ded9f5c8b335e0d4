import { replyOf } from '../../server/http/frame/reply.ts';
import type { Answer, Route } from '../../server/http/route.ts';

/** Holds what routes answer against what they declare: in tests nothing undeclared may leave the host. */
export class CheckedAnswers {
  readonly #wrong: string[] = [];

  /**
   * The same route, its answers looked at. A route that declares none, as a test may make one, is left alone.
   */
  watch(route: Route): Route {
    const { answer } = route;
    if (!answer) return route;
    return {
      ...route,
      respond: async (input) => {
        const given = await route.respond(input);
        const wrong = complaint(answer, given);
        if (wrong !== undefined) this.#wrong.push(`${route.method} ${route.path}: ${wrong}`);
        return given;
      },
    };
  }

  /** Throws when an answer was none that its route declares, with the route and the path of the member. */
  assert(): void {
    const wrong = this.#wrong.splice(0);
    if (wrong.length > 0) throw new Error(`answers that no route declares:\n${wrong.join('\n')}`);
  }
}

/**
 * What is wrong with an answer as it leaves the host, if anything; refusals are no business of the
 * declaration.
 */
function complaint(declared: Answer, given: unknown): string | undefined {
  const { status, body, contentType } = replyOf(given);
  if (status !== 200) return undefined;
  const media = contentType.split(';')[0];
  const expected = 'media' in declared ? declared.media : 'application/json';
  if (media !== expected) return `${media} in place of ${expected}`;
  if ('media' in declared || typeof body !== 'string') return undefined;
  const checked = declared.safeParse(JSON.parse(body));
  return checked.success ? undefined : JSON.stringify(checked.error.issues);
}
