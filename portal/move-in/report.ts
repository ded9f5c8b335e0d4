import { type Doubt, doubtsOf, type MoveIn, type MoveInFormat } from '../../client/host/index.ts';
import type { Texts } from '../frame/texts.ts';
import { SOURCES } from './sources.ts';

/** How far an import is, and what became of people, in words; `looks`: what its file looks like. */
export function shownMoveIn(texts: Texts, moveIn: MoveIn, looks?: MoveInFormat) {
  const { state, reason, read, total, report, format, dryRun } = moveIn;
  const isOver = state !== 'waiting' && state !== 'running';
  const name = `job.reason.${reason ?? ''}`;
  return {
    heading: texts.say(dryRun ? 'moveIn.tryOf' : 'moveIn.of', { source: SOURCES[format].name }),
    isDry: dryRun,
    isOver,
    isGood: state !== 'failed',
    isDone: state === 'done',
    state: texts.say(`job.state.${state}`),
    reason: reason && (texts.has(name) ? texts.say(name) : reason),
    share: total ? Math.min(read, total) : undefined,
    total,
    read: texts.number(read),
    of: total === undefined ? undefined : texts.number(total),
    report: report && shownReport(texts, report, dryRun),
    doubts: isOver ? doubtsOf(moveIn, looks).map((doubt) => texts.say(doubt.key, wordsOf(texts, doubt))) : [],
  };
}

function wordsOf(texts: Texts, { values }: Doubt): Record<string, string> {
  if ('source' in values) return { source: SOURCES[values.source].name };
  return { count: texts.number(values.count), of: texts.number(values.of) };
}

function shownReport(texts: Texts, report: NonNullable<MoveIn['report']>, dryRun: boolean) {
  const { created, updated, skipped, refused, canLogIn, factorsDropped, refusedRows } = report;
  const count = (label: string, many: number) => ({ label: texts.say(`moveIn.${label}`), count: many });
  return {
    outcome: [
      count(dryRun ? 'wouldCreate' : 'created', created),
      count(dryRun ? 'wouldUpdate' : 'updated', updated),
      count('skipped', skipped),
      count('refused', refused),
    ],
    logIn: [
      count('atOnce', canLogIn.atOnce),
      count('newClientOrReset', canLogIn.newClientOrReset),
      count('resetOnly', canLogIn.resetOnly),
      count('socialOnly', canLogIn.socialOnly),
    ],
    dropped:
      factorsDropped > 0 ? texts.say('moveIn.dropped', { count: texts.number(factorsDropped) }) : undefined,
    refusedRows: refusedRows.map(({ line, reason, id }) => ({
      line: texts.number(line),
      why: texts.has(`moveIn.row.${reason}`) ? texts.say(`moveIn.row.${reason}`) : reason,
      id,
    })),
    hasMore:
      refused > refusedRows.length
        ? texts.say('moveIn.moreRefused', { count: texts.number(refusedRows.length) })
        : undefined,
  };
}
