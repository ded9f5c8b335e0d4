import { randomBytes } from 'node:crypto';
import type { Application, Metadata } from '../../client/user/index.ts';

/** Somebody who does not exist, as an app's settings want its users. */
export interface TestUser {
  handle: string;
  password: string;
  metaData?: Metadata;
}

/** Numbers that are kept for stories; an outbox is the only place a message to them may go. */
const PHONE_PREFIX = '+1202555';

/** A new one each time: who signs up twice would be told to log in. `handle`: whoever gets the message. */
export function newTestUser(app: Application, handle?: string): TestUser {
  const tail = randomBytes(3).toString('hex');
  const phone = `${PHONE_PREFIX}01${String(Number.parseInt(tail, 16) % 100).padStart(2, '0')}`;
  const metaData = requiredMetadata(app);
  return {
    handle: handle ?? (app.handle === 'phone' ? phone : `test-${tail}@example.com`),
    password: passwordFor(app),
    ...(metaData && { metaData }),
  };
}

/** Keeps whatever composition the app asks for. */
function passwordFor(app: Application): string {
  const repeated = (sample: string, count: number) => sample.repeat(Math.max(1, count));
  const parts = [
    repeated('T', app.passwordMinUpper),
    repeated('e', app.passwordMinLower),
    '-',
    randomBytes(4).toString('hex'),
    repeated('-', app.passwordMinSpecial),
    repeated('7', app.passwordMinDigit),
  ];
  return parts.join('').padEnd(app.passwordMinLength, 'x');
}

function requiredMetadata({ metaData }: Application): Metadata | undefined {
  const root: Metadata = {};
  for (const { path } of metaData.filter(({ required }) => required)) {
    const names = path.split('.');
    const last = names.pop() ?? path;
    let place = root;
    for (const name of names) {
      place[name] ??= {};
      place = place[name] as Metadata;
    }
    place[last] ??= 'test';
  }
  return Object.keys(root).length > 0 ? root : undefined;
}
