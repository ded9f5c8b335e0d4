import type { App } from '../../model/app.ts';
import { refused } from '../../model/errors.ts';
import type { Invite } from '../../model/invite.ts';
import type { Deps } from '../../ports/deps.ts';
import { KeyIndex } from '../../tools/key-index.ts';
import { CellError, type Cells } from './cells.ts';
import type { RecordDeps } from './columns.ts';
import { importedApp } from './import-app-record.ts';
import {
  importedInvite,
  importedSignup,
  importedTemplate,
  importedUser,
  requireSavable,
} from './import-records.ts';
import { NewestRows } from './newest-rows.ts';
import { cellProblem, type ImportSource } from './source.ts';
import { INVITE_TABLE, SIGNUP_TABLE, TEMPLATE_TABLE, type TransferTable, USER_TABLE } from './tables.ts';

export type CheckDeps = RecordDeps & Pick<Deps, 'renderer'>;

const MAX_PROBLEMS = 50;
const MAX_CELL = 64 * 1024;

/** What a file holds that can be imported. */
export interface CheckedImport {
  /** Not stored yet, and without a name. */
  app: App;
  withSecrets: boolean;
  /** By handle: which of several rows counts. */
  signups: NewestRows;
  /** By `inviteKey`. */
  invites: NewestRows;
}

/** Names the one invitation of a sender to a handle. */
export function inviteKey({ handle, senderHandle }: Pick<Invite, 'handle' | 'senderHandle'>): string {
  return JSON.stringify([handle, senderHandle]);
}

/**
 * Reads every row once, builds what it would become and throws it away. Throws `refused` with every bad row
 * by file, line and reason.
 */
export async function checkImport(
  deps: CheckDeps,
  source: ImportSource,
  { newKeys }: { newKeys: boolean },
): Promise<CheckedImport> {
  const signups = new NewestRows(deps.codes.newId());
  const invites = new NewestRows(deps.codes.newId());
  const problems: string[] = [];
  const each = async <T>(table: TransferTable<T>, look: (cells: Cells, line: number) => void) => {
    for await (const { line, open } of source.rows(table)) {
      try {
        const cells = open();
        if (cells) look(cells, line);
      } catch (error) {
        problems.push(cellProblem(table.file, line, error));
        if (problems.length === MAX_PROBLEMS) throw refused(`${problems.join('; ')}; and perhaps more`);
      }
    }
  };
  const { app, withSecrets } = await source.appRow(async (cells) => ({
    withSecrets: cells.text('appPrivateKey', MAX_CELL) !== undefined,
    app: await importedApp(deps, cells, { id: deps.codes.newId(), name: '', newKeys }),
  }));
  const seen = () => new KeyIndex(deps.codes.newId());
  const unique = {
    handle: seen(),
    userName: seen(),
    socialUserId: seen(),
    phone: seen(),
    uid: seen(),
    sub: seen(),
  };
  await each(USER_TABLE, (cells) => {
    const user = importedUser(deps, cells, app);
    const phone = user.phoneVerified ? user.phone : undefined;
    const social = user.socialUserId && `${user.loginProvider} ${user.socialUserId}`;
    const { handle, userName, uid, subject: sub } = user;
    const values = { handle, userName, socialUserId: social, phone, uid, sub };
    for (const [column, known] of Object.entries(unique)) {
      const value = values[column as keyof typeof values];
      if (value === undefined) continue;
      if (!known.add(value)) throw new CellError(`${column} belongs to an earlier row`);
    }
  });
  await each(SIGNUP_TABLE, (cells, line) => {
    const { handle, updatedAt } = importedSignup(deps, cells, app);
    signups.see(handle, { line, updatedAt });
  });
  await each(INVITE_TABLE, (cells, line) => {
    const { handle, senderHandle, updatedAt } = importedInvite(deps, cells, app);
    invites.see(inviteKey({ handle, senderHandle }), { line, updatedAt });
  });
  const texts = new Set<string>();
  await each(TEMPLATE_TABLE, (cells) => {
    const template = importedTemplate(deps, cells, app);
    const { name, locale } = template;
    if (texts.has(`${name} ${locale}`))
      throw new CellError('the same message and locale stand in an earlier row');
    texts.add(`${name} ${locale}`);
    requireSavable(deps, template);
  });
  if (problems.length > 0) throw refused(problems.join('; '));
  return { app, withSecrets, signups, invites };
}
