import { TextReply } from '../route.ts';

/**
 * Makes `answer` write the JSON of a record once for each state of it: the store hands out the same object
 * until something changes.
 */
export function writtenOnce<T extends object>(wire: (record: T) => unknown): (record: T) => TextReply {
  const written = new WeakMap<T, TextReply>();
  return (record) => {
    let answer = written.get(record);
    if (!answer) {
      const text = JSON.stringify(wire(record));
      answer = new TextReply(text, { contentType: 'application/json; charset=utf-8' });
      written.set(record, answer);
    }
    return answer;
  };
}
