import { argon2Parameters, argon2Verify } from '../argon2.ts';
import { drawn, type ForeignForm } from './form.ts';

const NAMES = ['argon2d', 'argon2i', 'argon2id'] as const;
const VERSION =
  /^\$argon2(?:d|i|id)\$v=(?:16|19)\$m=\d{1,9},t=\d{1,6},p=\d{1,3}\$[\w+/]{11,86}\$[\w+/]{22,86}$/;
const MEMORY_MAX_KIB = 128 * 1024;
const WORK_MAX_KIB = 512 * 1024;
const LANES_MAX = 16;

/** PHC strings of the three variants, at most 128 MiB, and 512 MiB over all passes. */
export const argon2Form: ForeignForm = {
  names: NAMES,
  parse(stored) {
    if (!VERSION.test(stored)) return undefined;
    const parameters = argon2Parameters(stored);
    if (!parameters) return undefined;
    const { algorithm, memoryCost, timeCost, parallelism } = parameters;
    const name = NAMES[algorithm];
    if (name === undefined || parallelism > LANES_MAX) return undefined;
    if (memoryCost > MEMORY_MAX_KIB || memoryCost * timeCost > WORK_MAX_KIB) return undefined;
    return {
      kind: `${name}-${memoryCost}-${timeCost}-${parallelism}`,
      matches: (text) => argon2Verify(stored, text),
    };
  },
  decoy(name, [memoryKib, passes, lanes]) {
    const part = (bytes: number) => drawn(bytes).replaceAll('=', '');
    return `$${name}$v=19$m=${memoryKib},t=${passes},p=${lanes}$${part(16)}$${part(32)}`;
  },
};
