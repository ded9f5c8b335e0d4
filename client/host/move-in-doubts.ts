import type { MoveIn, MoveInFormat } from './data.ts';

/** From such a share on a report says less about people than about the file. */
const NEARLY_ALL = 0.9;
/** Why rows are refused that were never meant to be read so. */
const STRANGE = new Set(['no_id', 'no_handle', 'invalid_handle', 'broken_row', 'unknown_hash']);
/** Those whose passwords stand in a second file. */
const WITH_PASSWORDS_APART = new Set<MoveInFormat>(['auth0', 'better-auth']);

/** What makes one doubt that a file was read as what it is. */
export interface Doubt {
  /** Its name in a list of texts in other languages, whose placeholders are `values`. */
  key: `moveIn.doubt.${'otherSource' | 'noPasswords' | 'noSecondFile' | 'wrongKey' | 'mostRefused'}`;
  values: Readonly<{ count: number; of: number }> | Readonly<{ source: MoveInFormat }>;
  /** The sentence in English. */
  text: string;
}

/** What is to be said of an import beside its report; `looks`: the system that its file looks like. */
export function doubtsOf(
  { format, report }: Pick<MoveIn, 'format' | 'report'>,
  looks: MoveInFormat | undefined,
): Doubt[] {
  const doubts: Doubt[] = [];
  if (looks !== undefined && looks !== format) {
    doubts.push({
      key: 'moveIn.doubt.otherSource',
      values: { source: looks },
      text: `The file looks like one of ${looks}, and is read as one of ${format}.`,
    });
  }
  if (!report) return doubts;
  const { created, updated, skipped, refused, canLogIn, refusedRows } = report;
  const people = created + updated - canLogIn.socialOnly;
  const { resetOnly } = canLogIn;
  if (format !== 'cognito' && resetOnly > 0 && resetOnly >= people * NEARLY_ALL) {
    const isApart = WITH_PASSWORDS_APART.has(format);
    doubts.push({
      key: isApart ? 'moveIn.doubt.noSecondFile' : 'moveIn.doubt.noPasswords',
      values: { count: resetOnly, of: people },
      text: `Hardly a password came along: ${many(resetOnly)} of ${many(people)} need a reset. ${
        isApart
          ? 'Passwords of this source stand in a second file; does it belong to this one?'
          : 'Was the file exported with its hashes, and is it of this source?'
      }`,
    });
  }
  const all = created + updated + skipped + refused;
  const isNearlyAll = refused > 0 && refused >= all * NEARLY_ALL;
  const are = (isOne: (reason: string) => boolean) =>
    refusedRows.filter(({ reason }) => isOne(reason)).length >= refusedRows.length * NEARLY_ALL;
  const told = { count: refused, of: all };
  const howMany = `${many(refused)} of ${many(all)}`;
  if (isNearlyAll && format === 'firebase' && are((reason) => reason === 'unknown_hash')) {
    doubts.push({
      key: 'moveIn.doubt.wrongKey',
      values: told,
      text: `Nearly every password was refused, ${howMany}: is base64_signer_key whole, and are it and the other parameters of this project?`,
    });
  } else if (isNearlyAll && are((reason) => STRANGE.has(reason))) {
    doubts.push({
      key: 'moveIn.doubt.mostRefused',
      values: told,
      text: `Nearly every row was refused, ${howMany}: is the file of this source, and its table of people?`,
    });
  }
  return doubts;
}

function many(count: number): string {
  return count.toLocaleString('en');
}
