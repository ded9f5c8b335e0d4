import { refusal } from '../../client/user/error.ts';
import { declaredRefusals } from '../../server/http/declared-refusals.ts';
import { describeError } from '../../server/http/frame/refused.ts';
import { routes } from '../../server/http/routes/index.ts';
import { type ErrorName, REASONS, type Reason } from '../../server/model/errors.ts';

const PREFIX = /^\/api\/(?:appuser\/|(?=asset\b))/;

/** What a developer does about a code. A code without a sentence fails the compiler or the test. */
const REMEDIES: Readonly<Record<string, string>> = {
  400: 'Send the app token of this host in `app-token`; it may have been replaced in the portal.',
  401: 'The app was removed from the host. Nothing can be done from inside the app.',
  402: 'The operator has suspended the app. Say so, and try later.',
  403: 'A member is absent or empty (`reason`, `field`), or a token is missing (`no_credential`, `wanted`).',
  404: 'The operator has suspended this user. Say so; another password does not help.',
  405: 'The session has ended: log in again. It ends by its time, a log-out, another password or handle.',
  406: 'Invitations are switched off for the app.',
  407: 'Signup is switched off for the app, or it has as many users as it may have.',
  408: 'The app does not offer the authenticator as second factor.',
  409: 'The app does not offer SMS as second factor, and so keeps no phone numbers.',
  410: 'First `setPhone` and `verifyPhone`, then switch SMS codes on.',
  411: 'The signup code is too old: sign up again, which sends another.',
  412: 'Another user of the app has proven this number.',
  413: 'The app has moved to another host.',
  414: 'Anonymous log-in is switched off for the app.',
  415: 'Apple is switched off, or has no bundle id in the settings ([apple.md](apple.md)).',
  416: 'Google is switched off, or has no client id in the settings ([google.md](google.md)).',
  429: 'Wait `Retry-After` seconds, then try again.',
  500: 'The host could not do it, or the message could not be sent. Try later; the log has the `X-Request-Id`.',
  503: 'The host is busy or starting. Wait `Retry-After` seconds, then try again.',
  600: 'Handle, password or code is wrong; which of them is not told. Who tries too often waits, and gets the same answer.',
  601: 'Somebody has this handle, or the signup or invitation was used: log in instead.',
  602: 'Something is malformed (`reason`, `field`), or a code is wrong (no `reason`).',
  603: 'No such account. After Apple or Google: sign up with the same token.',
  604: 'Metadata the app requires is missing, or may not be set (`reason`, `path`).',
  605: 'Ask for another user name.',
  606: 'User names are switched off for the app: the handle is wanted.',
  608: 'The signup waits for its code or link: ask for it, or sign up again to have it sent again.',
  610: 'This e-mail has an account with a password: log in with that.',
  611: 'This e-mail has an account that belongs to Apple: log in with that.',
  612: 'This e-mail has an account that belongs to Google: log in with that.',
  613: 'The identity token is too old, for another app, or its nonce differs: ask the provider for another.',
};

/** What each word means; the compiler asks for all of them. */
const MEANINGS: Readonly<Record<Reason, string>> = {
  missing: 'A required member is absent or empty.',
  wrong_type: 'A text where a number is wanted, a member sent twice, text that is not well-formed.',
  too_long: 'Longer than it may be.',
  not_json: 'The body, or the JSON text in `field`, cannot be read.',
  unknown_value: 'None of the values that may stand there.',
  not_md5: '`password` is the lower-case hex MD5 of what was typed. Send `passwordText` instead.',
  common_password: 'One of the 10,000 commonest passwords.',
  password_rules:
    "The app's rules for passwords; `unmet` lists `length`, `upper`, `lower`, `digit`, `special`.",
  invalid_handle: 'Cannot be an e-mail address (or number) of a person.',
  invalid_phone: 'Not a number of E.164, such as `+4915112345678`.',
  invalid_user_name: 'User names begin with a letter and have letters and digits.',
  unknown_locale: 'The app has not this language; `getApplication` lists `locales`.',
  metadata_missing: 'A required metadata field is absent; `path` names it.',
  metadata_reserved: 'A claim of the token has this name; `path` names it.',
  metadata_too_large: 'More than a token can carry.',
  not_editable: 'The user may not change this field; `path` names it.',
  no_credential: 'No token at all; `wanted` names the header.',
  wrong_credential: 'A good token of another kind; `wanted` names the header.',
  stale: 'Portal: somebody changed the row meanwhile; `current` has it.',
  fixed_handle: 'In this app the handle is the `sub` of the token and cannot change.',
  taken: 'Portal: another row has this name, handle or number.',
  account_waits: 'Development apps only: too many wrong passwords; `retryAfter` seconds to wait.',
  code_limited: 'Development apps only: no message was sent, the budget is used up; `retryAfter`.',
  storage_off: 'The app keeps no files of its users; the portal switches it on.',
  type_not_allowed: 'The app takes no files of this type, or a cut is no JPEG, PNG or WebP picture.',
  too_large: 'The file is larger than the app allows, or than it was announced.',
  quota_exceeded: "The user's files would be more than the app allows: remove some.",
  not_uploaded: 'Nothing was uploaded to the write address yet, or something else than was announced.',
  unknown_asset: 'The caller has no such file.',
};

/** `docs/errors.md`, made from the declarations. `node test/support/errors-page.ts` prints it. */
export function errorsPage(): string {
  return `# Errors

What the routes under \`/api/appuser\` and \`/api/asset\` refuse with. \`node test/support/errors-page.ts > docs/errors.md\` makes this page from the host's own table.

A refusal is JSON, with HTTP 400 unless the table says otherwise: \`{"code":602,"message":"invalid data","reason":"invalid_handle","field":"handle"}\`.
Match on \`code\`, never on \`message\`. \`reason\` says what is wrong with the request and \`field\` which member is to blame; a refusal because of
an account, a code or an invitation has neither, so that nobody learns who exists. \`X-Request-Id\` names the request in the host's log.
The JavaScript client says the word in the second column (\`result.error.code\`), beside \`wrong_code\`, \`network\`, \`timeout\`, \`aborted\` and \`bad_response\` of its own.

## Codes

| Code | Word of the client | \`message\` | What to do | Routes |
|---|---|---|---|---|
${codeRows().join('\n')}

## Reasons

| \`reason\` | What it says |
|---|---|
${REASONS.map((reason) => `| \`${reason}\` | ${MEANINGS[reason]} |`).join('\n')}
`;
}

function codeRows(): string[] {
  const user = routes.filter(({ path, page }) => PREFIX.test(path) && !page);
  const byCode = new Map<number, { message: string; status: number; paths: Set<string> }>();
  for (const route of user) {
    for (const [, { codes }] of declaredRefusals(route)) {
      for (const name of codes) add(name, route.path.replace(PREFIX, ''));
    }
  }
  function add(name: ErrorName, path: string) {
    const { code, message, status } = describeError(name);
    const row = byCode.get(code) ?? { message, status, paths: new Set() };
    // Several names share 602; its usual status is that of the contract.
    byCode.set(code, { ...row, status: Math.min(row.status, status) });
    row.paths.add(path);
  }
  return [...byCode]
    .sort(([one], [other]) => one - other)
    .map(([code, { message, status, paths }]) => {
      const word = refusal(status, new Headers(), { code, message }).code;
      const remedy = REMEDIES[code];
      if (!remedy) throw new TypeError(`nobody says what to do about ${code}`);
      const number = status === 400 ? `${code}` : `${code} (HTTP ${status})`;
      return `| ${number} | \`${word}\` | ${message} | ${remedy} | ${namesOf(paths, user.length)} |`;
    });
}

/** Most routes have the common codes: a list of all would say nothing. */
function namesOf(paths: ReadonlySet<string>, all: number): string {
  if (paths.size > all / 2) return 'most';
  return [...paths].map((path) => `\`${path}\``).join(', ');
}

if (import.meta.main) process.stdout.write(errorsPage());
