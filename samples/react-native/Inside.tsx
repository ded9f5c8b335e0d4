import type { User } from 'cosync-auth-client';
import { useAuth } from 'cosync-auth-client/react';
import { type Field, Form, type Step } from './Form';
import { codeStep } from './Outside';

const HANDLE: Field = { name: 'handle', label: 'E-mail or number', kind: 'handle' };
const PASSWORD: Field = { name: 'password', label: 'Password', kind: 'password' };

/** What people do with their own account. */
export function Inside({ user }: { user: User }) {
  const { orThrow } = useAuth();
  const done = (
    button: string,
    fields: Field[],
    act: (values: Record<string, string>) => Promise<unknown>,
  ): Step => ({
    fields,
    button,
    async run(values) {
      await act(values);
      return undefined;
    },
  });
  const changeHandle: Step = {
    fields: user.hasPassword ? [HANDLE, PASSWORD] : [HANDLE],
    button: 'Send a code',
    async run({ handle = '', password }) {
      const { finish } = await orThrow.changeHandle({ handle, password });
      return codeStep(finish);
    },
  };
  const enableFactor: Step = {
    fields: [],
    button: 'Switch on',
    async run() {
      const { secret, confirm } = await orThrow.secondFactor.enable();
      const field: Field = { name: 'code', label: `Code of the authenticator for ${secret}`, kind: 'code' };
      return done('Confirm', [field], ({ code = '' }) => confirm({ code }));
    },
  };
  const disableFactor = done('Switch off', [{ name: 'code', label: 'Code', kind: 'code' }], ({ code = '' }) =>
    orThrow.secondFactor.disable({ code }),
  );
  const changePassword = done(
    'Change',
    [PASSWORD, { name: 'newPassword', label: 'New password', kind: 'password' }],
    ({ password = '', newPassword = '' }) => orThrow.changePassword({ password, newPassword }),
  );
  return (
    <>
      <Form title="Change e-mail or number" first={changeHandle} />
      {user.hasPassword && <Form title="Change the password" first={changePassword} />}
      {user.twoFactorGoogleVerification ? (
        <Form key="off" title="Second factor" first={disableFactor} />
      ) : (
        <Form key="on" title="Second factor" first={enableFactor} />
      )}
      <Form
        title="Invite somebody"
        first={done('Invite', [HANDLE], ({ handle = '' }) => orThrow.invite({ handle }))}
      />
      <Form title="Log out" first={done('Log out', [], () => orThrow.logOut())} />
      <Form
        title="Delete the account"
        first={done('Delete for good', user.hasPassword ? [PASSWORD] : [], ({ password }) =>
          orThrow.user.delete({ password }),
        )}
      />
    </>
  );
}
