import type { IncomingMessage } from 'node:http';

/** Requests whose bodies may take as long as they move; whoever adds one watches that it does. */
export const longBodies = new WeakSet<IncomingMessage>();
