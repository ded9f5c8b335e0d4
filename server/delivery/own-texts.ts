import { HostError } from '../model/errors.ts';
import { isPlainLine, TEXT_LENGTHS } from '../model/portal-limits.ts';
import type { MessageName } from '../model/template.ts';
import type { Renderer } from '../ports/delivery/renderer.ts';
import { isMessageName } from './placeholders.ts';
import { type TextFile, type TextFilesError, textOf, wordsOf } from './text-files.ts';

/** Sent as SMS, where a subject is not shown. */
const WITHOUT_SUBJECT: ReadonlySet<MessageName> = new Set<MessageName>([
  'sms',
  'signUpSms',
  'signUpLinkSms',
  'inviteSms',
  'resetPasswordSms',
  'setPasswordSms',
  'changeHandleSms',
]);

/**
 * What is wrong with the operator's files: texts that `check` would not take from the portal, and what would
 * leave a mail or a page empty.
 */
export function ownTextProblems(
  files: ReadonlyMap<string, TextFile>,
  check: Renderer['check'],
): TextFilesError['problems'] {
  const own = [...files.values()].filter(({ isOwn }) => isOwn);
  return own.flatMap((file) => {
    const problem = problemOf(file, check);
    return problem === undefined ? [] : [{ path: file.path, problem }];
  });
}

function problemOf({ path, head, body }: TextFile, check: Renderer['check']): string | undefined {
  const { name } = textOf(path);
  if (wordsOf(path).page !== undefined)
    return Object.keys(head).length === 0 ? 'has no line such as "heading: …"' : undefined;
  if (body === '') return 'is empty';
  if (path.endsWith('/layout.hbs'))
    return body.includes('[[content]]') ? undefined : 'has no [[content]], where the text goes';
  if (!isMessageName(name)) return undefined;
  const { subject = '' } = head;
  if (subject === '' && !WITHOUT_SUBJECT.has(name)) return 'has no line "subject: …" at its top';
  if (subject.length > TEXT_LENGTHS.subject || !isPlainLine(subject))
    return 'has a subject that cannot be one';
  try {
    check({ name, subject, htmlTemplate: body });
    return undefined;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return `cannot be used: ${error.detail ?? 'it does not parse'}`;
  }
}
