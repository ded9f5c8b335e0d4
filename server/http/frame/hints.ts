import { requestContext } from '../../log/request-context.ts';
import type { Hints } from '../../ports/hints.ts';

/** See `Hints`: kept in the request's context until it is answered. */
export const hints: Hints = {
  give(hint) {
    const context = requestContext.getStore();
    if (context) context.hint = hint;
  },
};
