import { useAuth } from 'cosync-auth-client/react';
import { type Field, Form, type Step } from './Form';

const HANDLE: Field = { name: 'handle', label: 'E-mail or number', kind: 'handle' };
const PASSWORD: Field = { name: 'password', label: 'Password', kind: 'password' };
const CODE: Field = { name: 'code', label: 'Code', kind: 'code' };

/** A step that asks for the code that was sent. */
export function codeStep(finish: (code: string) => Promise<unknown>): Step {
  return {
    fields: [CODE],
    button: 'Go on',
    async run({ code = '' }) {
      await finish(code);
      return undefined;
    },
  };
}

/** For who has no session. */
export function Outside() {
  const { orThrow } = useAuth();
  const logIn: Step = {
    fields: [HANDLE, PASSWORD],
    button: 'Log in',
    async run({ handle = '', password = '' }) {
      const answer = await orThrow.logIn({ handle, password });
      return answer.state === 'secondFactor' ? codeStep(answer.finish) : undefined;
    },
  };
  const signUp: Step = {
    fields: [HANDLE, PASSWORD],
    button: 'Sign up',
    async run({ handle = '', password = '' }) {
      const answer = await orThrow.signUp({ handle, password });
      if (answer.state === 'codeSent') return codeStep(answer.finish);
      if (answer.state === 'linkSent') {
        return {
          fields: [],
          button: 'I have opened the link',
          async run() {
            await answer.waitUntilVerified();
            return undefined;
          },
        };
      }
      return undefined;
    },
  };
  const forgotten: Step = {
    fields: [HANDLE],
    button: 'Send a code',
    async run({ handle = '' }) {
      const { finish } = await orThrow.forgotPassword({ handle });
      return {
        fields: [CODE, { ...PASSWORD, label: 'New password' }],
        button: 'Choose it',
        async run({ code = '', password = '' }) {
          await finish(code, password);
          return undefined;
        },
      };
    },
  };
  const invitation: Step = {
    fields: [HANDLE, CODE, PASSWORD],
    button: 'Join',
    async run({ handle = '', code = '', password = '' }) {
      await orThrow.acceptInvite({ handle, code, password });
      return undefined;
    },
  };
  return (
    <>
      <Form title="Log in" first={logIn} />
      <Form title="Sign up" first={signUp} />
      <Form title="Forgotten password" first={forgotten} />
      <Form title="Accept an invitation" first={invitation} />
    </>
  );
}
