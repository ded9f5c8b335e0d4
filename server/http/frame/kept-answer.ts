import { TextReply } from '../route.ts';

/**
 * Makes `answer` write the JSON of a record once for each state of it: the store hands out the same object
 * until something changes.
 */
export function writtenOnce<T extends object>(wire: (record: T) => object): (record: T) => TextReply {
  const replies = new WeakMap<T, TextReply>();
  return (record) => {
    let answer = replies.get(record);
    if (!answer) {
      answer = jsonText(JSON.stringify(wire(record)));
      replies.set(record, answer);
    }
    return answer;
  };
}

/**
 * As `writtenOnce`, with members behind it that are written for each answer. `context` must not change while
 * the record is the same.
 */
export function writtenOnceBut<T extends object, C>(
  wire: (record: T, context: C) => object,
): (record: T, context: C, more: Readonly<Record<string, string>>) => TextReply {
  const texts = new WeakMap<T, string>();
  return (record, context, more) => {
    let text = texts.get(record);
    if (text === undefined) {
      text = JSON.stringify(wire(record, context)).slice(0, -1);
      texts.set(record, text);
    }
    return jsonText(`${text},${JSON.stringify(more).slice(1)}`);
  };
}

function jsonText(text: string): TextReply {
  return new TextReply(text, { contentType: 'application/json; charset=utf-8' });
}
