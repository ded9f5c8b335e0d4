import { fileURLToPath } from 'node:url';

/** Of the tests: a process whose data folder is new would compile everything each time. */
export const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url));
