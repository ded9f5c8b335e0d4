import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { z } from 'zod';
import type { HostClient } from '../../client/host/index.ts';
import { refusal } from '../../client/user/error.ts';
import type {
  Application,
  Asset,
  AssetList,
  AssetUsage,
  ErrorReason,
  PasswordRule,
  SignupState,
  Tokens,
  User,
} from '../../client/user/index.ts';
import { declaredReasons, declaredRefusals } from '../../server/http/declared-refusals.ts';
import { describeError } from '../../server/http/frame/refused.ts';
import { routes } from '../../server/http/routes/index.ts';
import type { keyedLogsAnswer, portalLogsAnswer } from '../../server/http/wire/activity.ts';
import type {
  assetAnswer,
  assetListAnswer,
  assetRowsAnswer,
  assetUsageAnswer,
  portalAssetsAnswer,
} from '../../server/http/wire/asset.ts';
import type { applicationAnswer } from '../../server/http/wire/client-app.ts';
import type { doneAnswer } from '../../server/http/wire/done.ts';
import type { figuresAnswer } from '../../server/http/wire/figures.ts';
import type { checksAnswer, hostAnswer, settingsAnswer } from '../../server/http/wire/host.ts';
import type {
  inviteListAnswer,
  inviteOutcomesAnswer,
  issuedInvitesAnswer,
  portalInviteAnswer,
  portalInvitesAnswer,
} from '../../server/http/wire/invite.ts';
import type { invitersAnswer } from '../../server/http/wire/inviter.ts';
import type { begunJobAnswer, jobAnswer } from '../../server/http/wire/job.ts';
import type { listAnswer } from '../../server/http/wire/list.ts';
import type { messageAnswer } from '../../server/http/wire/message.ts';
import type { moveInAnswer } from '../../server/http/wire/move-in.ts';
import type { overviewAnswer } from '../../server/http/wire/overview.ts';
import type { ownUserAnswer } from '../../server/http/wire/own-user.ts';
import type {
  appKeysAnswer,
  appTokenAnswer,
  createdAppAnswer,
  keyListAnswer,
  portalAppAnswer,
  portalAppsAnswer,
} from '../../server/http/wire/portal-app.ts';
import type {
  portalSignupAnswer,
  portalSignupsAnswer,
  signupListAnswer,
} from '../../server/http/wire/signup.ts';
import type { signupOutcomeAnswer } from '../../server/http/wire/signup-outcome.ts';
import type { smsTestAnswer } from '../../server/http/wire/sms-test.ts';
import type { statisticsAnswer } from '../../server/http/wire/statistics.ts';
import type {
  localesAnswer,
  portalTemplateAnswer,
  portalTemplatesAnswer,
  previewAnswer,
} from '../../server/http/wire/template.ts';
import type { testOutcomeAnswer } from '../../server/http/wire/test-outcome.ts';
import type { identityAnswer, sampleAnswer, verdictAnswer } from '../../server/http/wire/token-check.ts';
import type { joinedAnswer, loginAnswer, signupAnswer, tokensAnswer } from '../../server/http/wire/tokens.ts';
import type { recoveryCodesAnswer } from '../../server/http/wire/two-factor.ts';
import type {
  availableAnswer,
  portalUserAnswer,
  portalUsersAnswer,
  userListAnswer,
} from '../../server/http/wire/user.ts';
import type { userDetailsAnswer } from '../../server/http/wire/user-details.ts';

/** Without the seams of intersections, to the bottom; what may be undefined may be absent. */
type Flat<T> = T extends readonly (infer E)[]
  ? Flat<E>[]
  : T extends object
    ? { [K in keyof Required<T>]: Flat<T[K]> }
    : T;
type Same<A, B> =
  (<T>() => T extends Flat<A> ? 1 : 2) extends <T>() => T extends Flat<B> ? 1 : 2 ? true : false;
/** Names of the pairs whose type and schema are not the same. */
type Differing<T extends Record<string, [type: unknown, schema: z.ZodType]>> = {
  [K in keyof T]: Same<T[K][0], z.output<T[K][1]>> extends true ? never : K;
}[keyof T];
/** Does not compile but for `never`: the error names what there is. */
type Nothing<T extends never> = T;

export type UserTypes = Nothing<
  Differing<{
    User: [User, typeof ownUserAnswer];
    Application: [Application, typeof applicationAnswer];
    Tokens: [Tokens, typeof tokensAnswer];
    joined: [Tokens & { 'signed-user-token': string }, typeof joinedAnswer];
    login: [Tokens | { 'login-token': string }, typeof loginAnswer];
    signup: [Tokens | true, typeof signupAnswer];
    signupState: [{ state: SignupState }, typeof signupOutcomeAnswer];
    recoveryCodes: [{ recoveryCodes: string[] }, typeof recoveryCodesAnswer];
    available: [{ available: boolean }, typeof availableAnswer];
    Asset: [Asset, typeof assetAnswer];
    assetRows: [{ rows: Asset[] }, typeof assetRowsAnswer];
    AssetList: [AssetList, typeof assetListAnswer];
    AssetUsage: [AssetUsage, typeof assetUsageAnswer];
    done: [true, typeof doneAnswer];
  }>
>;

type Noun = { [N in keyof HostClient]: HostClient[N] extends string ? never : N }[keyof HostClient];
type Method = {
  [N in Noun]: HostClient[N] extends (...parameters: never) => unknown
    ? N
    : `${N}.${keyof HostClient[N] & string}`;
}[Noun];
/** What a method of the host client answers. */
type Of<M extends string> = M extends `${infer N extends Noun}.${infer P}`
  ? P extends keyof HostClient[N]
    ? HostClient[N][P] extends (...parameters: never) => Promise<infer A>
      ? A
      : 'no method'
    : 'no method'
  : 'no method';
type Done = typeof doneAnswer;

interface HostAnswers {
  'host.facts': typeof hostAnswer;
  'host.settings': typeof settingsAnswer;
  'host.checks': typeof checksAnswer;
  'host.testMail': typeof testOutcomeAnswer;
  'host.testSms': typeof testOutcomeAnswer;
  'host.messages': ReturnType<typeof listAnswer<typeof messageAnswer>>;
  'host.retryMessage': Done;
  'host.ping': Done;
  'host.testAppMail': Done;
  'host.testAppSms': typeof smsTestAnswer;
  'apps.create': typeof createdAppAnswer;
  'apps.get': typeof portalAppAnswer;
  'apps.all': typeof portalAppsAnswer;
  'apps.search': typeof portalAppsAnswer;
  'apps.overview': typeof overviewAnswer;
  'apps.changeSettings': typeof portalAppAnswer;
  'apps.update': typeof portalAppAnswer;
  'apps.updateSetting': typeof portalAppAnswer;
  'apps.setUserFields': typeof portalAppAnswer;
  'apps.setInviteFields': typeof portalAppAnswer;
  'apps.removeField': typeof portalAppAnswer;
  'apps.reset': Done;
  'apps.delete': z.ZodBoolean;
  'users.list': typeof userListAnswer;
  'users.get': typeof userDetailsAnswer;
  'users.add': typeof portalUserAnswer;
  'users.update': typeof portalUserAnswer;
  'users.setStatus': Done;
  'users.setMetadata': Done;
  'users.setPassword': Done;
  'users.unlock': Done;
  'users.endSessions': Done;
  'users.disableSecondFactor': Done;
  'users.sendPasswordReset': Done;
  'users.remove': typeof portalUserAnswer;
  'users.search': typeof portalUsersAnswer;
  'users.statistics': typeof statisticsAnswer;
  'signups.list': typeof signupListAnswer;
  'signups.confirm': typeof portalUserAnswer;
  'signups.resend': Done;
  'signups.remove': typeof portalSignupAnswer;
  'signups.search': typeof portalSignupsAnswer;
  'invites.list': typeof inviteListAnswer;
  'invites.createMany': typeof inviteOutcomesAnswer;
  'invites.resend': Done;
  'invites.withdraw': typeof portalInviteAnswer;
  'invites.inviters': typeof invitersAnswer;
  'invites.create': typeof issuedInvitesAnswer;
  'invites.search': typeof portalInvitesAnswer;
  'texts.list': typeof portalTemplatesAnswer;
  'texts.update': typeof portalTemplateAnswer;
  'texts.preview': typeof previewAnswer;
  'texts.reset': typeof portalTemplateAnswer;
  'texts.sendTest': typeof testOutcomeAnswer;
  'texts.setLocales': typeof localesAnswer;
  'texts.repairLocales': Done;
  'tokens.keys': typeof keyListAnswer;
  'tokens.rotateKey': typeof appKeysAnswer;
  'tokens.rotateAppToken': typeof appTokenAnswer;
  'tokens.issueSuperUserToken': typeof tokensAnswer;
  'tokens.sample': typeof sampleAnswer;
  'tokens.verify': typeof verdictAnswer;
  'tokens.tryIdentity': typeof identityAnswer;
  'figures.get': typeof figuresAnswer;
  'logs.list': typeof keyedLogsAnswer;
  'logs.page': typeof portalLogsAnswer;
  'data.importApp': typeof portalAppAnswer;
  'data.moveIn': typeof begunJobAnswer;
  'data.import': typeof moveInAnswer;
  'data.stopImport': Done;
  'jobs.bulk': typeof begunJobAnswer;
  'jobs.list': ReturnType<typeof listAnswer<typeof jobAnswer>>;
  'jobs.get': typeof jobAnswer;
  'jobs.stop': Done;
  'assets.list': typeof portalAssetsAnswer;
  'assets.remove': Done;
  'assets.testStorage': typeof testOutcomeAnswer;
}
export type HostTypes = Nothing<Differing<{ [M in keyof HostAnswers]: [Of<M>, HostAnswers[M]] }>>;
/** Files, and what is answered as it comes. */
type Untyped = 'data.export' | 'data.exportHost' | 'data.importRefused' | 'host.versions' | 'any';
export type HostMethods = Nothing<Exclude<Method, keyof HostAnswers | Untyped>>;

const REASONS = {
  missing: true,
  wrong_type: true,
  too_long: true,
  not_json: true,
  unknown_value: true,
  not_md5: true,
  common_password: true,
  password_rules: true,
  invalid_handle: true,
  invalid_phone: true,
  invalid_user_name: true,
  unknown_locale: true,
  metadata_missing: true,
  metadata_reserved: true,
  metadata_too_large: true,
  not_editable: true,
  no_credential: true,
  wrong_credential: true,
  fixed_handle: true,
  account_waits: true,
  code_limited: true,
  storage_off: true,
  type_not_allowed: true,
  too_large: true,
  quota_exceeded: true,
  not_uploaded: true,
  unknown_asset: true,
} satisfies Record<ErrorReason, true>;
const RULES = { length: true, upper: true, lower: true, digit: true, special: true } satisfies Record<
  PasswordRule,
  true
>;

describe('answers as the clients take them', () => {
  const ofUsers = routes.filter(({ form, page }) => form === 'code' && !page);

  it('have a word for every code that a user route refuses with', () => {
    const codes = ofUsers.flatMap((route) =>
      [...declaredRefusals(route)].flatMap(([, { codes }]) => [...codes].map(describeError)),
    );
    assert.ok(codes.length > 100);
    const unknown = codes.filter(
      ({ code, message }) => refusal(400, new Headers(), { code, message }).code === 'bad_response',
    );
    assert.deepEqual(unknown, []);
  });

  it('know every reason that a user route gives', () => {
    const reasons = new Set(ofUsers.flatMap((route) => [...declaredReasons(route)]));
    assert.deepEqual(
      [...reasons].filter((reason) => !Object.hasOwn(REASONS, reason)),
      [],
    );
  });

  it('know the rules of passwords', () => {
    const told = refusal(400, new Headers(), {
      code: 602,
      message: 'invalid data',
      reason: 'password_rules',
      unmet: Object.keys(RULES),
    });
    assert.deepEqual(told.unmet, ['length', 'upper', 'lower', 'digit', 'special']);
  });
});
