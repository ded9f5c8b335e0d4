/** What each dangerous action is told in: the numbers of rows it will touch, or hours. */
interface Numbers {
  deleteApp: { users: number; signups: number; invites: number };
  resetApp: { users: number; signups: number; invites: number };
  deleteUsers: { users: number };
  suspendUsers: { users: number };
  replaceUsers: { users: number };
  resetPasswords: { users: number };
  endSessions: { users: number };
  disableFactors: { users: number };
  retireKey: { keys: number };
  rotateAppToken: { hours: number };
  removeAssets: { files: number };
}
export type DangerousAction = keyof Numbers;

/** The effect of a dangerous action, to be read before it is done. */
export interface Effect {
  /** Its name in a list of texts in other languages, whose placeholders are `values`. */
  key: `effect.${DangerousAction}`;
  values: Readonly<Record<string, number>>;
  /** The sentence in English, numbers written out. */
  text: string;
}

const SENTENCES: { readonly [A in DangerousAction]: (numbers: Numbers[A]) => string } = {
  deleteApp: (numbers) =>
    `Deletes the app with ${people(numbers)}, its settings, texts, keys and log. Tokens already handed out stay valid until they end.`,
  resetApp: (numbers) =>
    `Deletes ${people(numbers)} of the app and keeps its settings and keys. Tokens already handed out stay valid until they end.`,
  deleteUsers: ({ users }) =>
    `Deletes ${counted(users, 'user')} with their sessions, signups and invites. Tokens already handed out stay valid until they end.`,
  suspendUsers: ({ users }) =>
    `Suspends ${counted(users, 'user')} and ends their sessions. User JWTs already handed out stay valid until they end.`,
  replaceUsers: ({ users }) =>
    `Replaces the profile and password of ${counted(users, 'user')} by those of the file and ends their sessions.`,
  resetPasswords: ({ users }) => `Sends a code for a new password to ${counted(users, 'user')}.`,
  endSessions: ({ users }) =>
    `Ends every session of ${counted(users, 'user')}, who must log in again. User JWTs already handed out stay valid until they end.`,
  disableFactors: ({ users }) =>
    `Switches the second factor of ${counted(users, 'user')} off: the password alone is enough then.`,
  retireKey: ({ keys }) =>
    `Withdraws ${counted(keys, 'previous key')} for good: user JWTs that it signed are refused from then on.`,
  rotateAppToken: ({ hours }) =>
    `Makes a new app token. The old one works for ${counted(hours, 'hour')} more: until then every client needs the new one.`,
  removeAssets: ({ files }) =>
    `Deletes ${counted(files, 'file')} with all smaller versions for good. Addresses already handed out lead nowhere then; copies that a CDN or a device keeps stay there.`,
};

/** What an action will do, in numbers: for whoever has to say yes to it. */
export function effectOf<A extends DangerousAction>(action: A, numbers: Numbers[A]): Effect {
  return { key: `effect.${action}`, values: { ...numbers }, text: SENTENCES[action](numbers) };
}

function people({ users, signups, invites }: Numbers['deleteApp']): string {
  return `${counted(users, 'user')}, ${counted(signups, 'signup')} and ${counted(invites, 'invite')}`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
