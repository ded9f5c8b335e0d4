import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { Invite } from '../../model/invite.ts';
import type { Signup } from '../../model/signup.ts';
import type { Template } from '../../model/template.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { subjectOf } from '../tokens/claims.ts';
import { CellError, type Cells } from './cells.ts';
import { type RecordDeps, type RecordRow, readColumns } from './columns.ts';
import { INVITE_COLUMNS, SIGNUP_COLUMNS, TEMPLATE_COLUMNS, USER_COLUMNS } from './record-columns.ts';

/** Throws `CellError`. `id`: another than a new one. */
export function importedUser(deps: RecordDeps, cells: Cells, app: App, id?: string): User {
  const row = rowOf(deps, cells, app, id);
  const user = readColumns(USER_COLUMNS, row);
  return {
    ...recordOf(row),
    ...user,
    subject: subjectOf(app, user),
    recoveryCodes: [],
    epoch: 0,
    revokedTokens: [],
  };
}

/** Throws `CellError`. It takes codes and links alike. */
export function importedSignup(deps: RecordDeps, cells: Cells, app: App): Signup {
  const row = rowOf(deps, cells, app);
  const signup = readColumns(SIGNUP_COLUMNS, row);
  return {
    ...recordOf(row),
    ...signup,
    ...futureUser(row),
    kind: signup.status === 'active' ? 'none' : 'either',
  };
}

/** As `importedUser`. */
export function importedInvite(deps: RecordDeps, cells: Cells, app: App, id?: string): Invite {
  const row = rowOf(deps, cells, app, id);
  return { ...recordOf(row), ...readColumns(INVITE_COLUMNS, row), ...futureUser(row) };
}

/** Throws `CellError`. */
export function importedTemplate(deps: RecordDeps, cells: Cells, app: App): Template {
  const row = rowOf(deps, cells, app);
  return { ...recordOf(row), ...readColumns(TEMPLATE_COLUMNS, row) };
}

function rowOf(deps: RecordDeps, cells: Cells, app: App, id?: string): RecordRow {
  const now = deps.clock.now();
  return { deps, cells, app, id: id ?? deps.codes.newRowId(now), now };
}

function recordOf({ id, app }: RecordRow) {
  return { id, appId: app.id, revision: 1 };
}

function futureUser({ deps, now }: RecordRow) {
  return { userId: deps.codes.newRowId(now), uid: deps.codes.newId() };
}

/** Throws `CellError` for a text that the portal could not save. */
export function requireSavable({ renderer }: Pick<Deps, 'renderer'>, template: Template): void {
  const { name, locale, subject, htmlTemplate } = template;
  try {
    renderer.check({ name, subject, htmlTemplate });
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new CellError(`${name} ${locale} cannot be used: ${error.detail ?? 'it does not parse'}`);
  }
}
