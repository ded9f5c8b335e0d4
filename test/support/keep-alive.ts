import { Agent } from 'node:http';

/**
 * Keeps connections open between requests to another process. The host ends one that was idle for some
 * seconds, and a test that was not given the processor does not hear of it in time: `send` then asks again on
 * a new connection, as clients do. Nothing was read of what met a closed one.
 */
export class KeepAlive extends Agent {
  constructor() {
    super({ keepAlive: true });
  }
}
