import type { CallOptions } from './call.ts';
import { codeStep } from './finish.ts';
import type { Parts } from './parts.ts';

interface Enrolment {
  googleSecretKey: string;
  QRDataImage: string;
  otpauth: string;
}

/** Second factors. `code` proves the factor that is on, where one is. */
export function factors({ keeper }: Parts) {
  async function switched(kind: 'Google' | 'Phone', body: object, options?: CallOptions): Promise<true> {
    await keeper.call(`setTwoFactor${kind}Verification`, body, options);
    await keeper.refreshUser(options);
    return true;
  }

  return {
    /** Shows a secret to an authenticator app; it is on once `confirm` took its first code. */
    enable: async ({ code }: { code?: string } = {}, options?: CallOptions) => {
      const route = 'setTwoFactorGoogleVerification';
      const begun = await keeper.call<Enrolment>(route, { twoFactor: true, confirm: true, code }, options);
      const step = async (proof: string, more?: CallOptions) => {
        const body = { twoFactor: true, confirm: true, code: proof };
        const answer = await keeper.call<{ recoveryCodes: string[] }>(route, body, more);
        await keeper.refreshUser(more);
        return answer;
      };
      const confirmed = codeStep(step);
      return {
        secret: begun.googleSecretKey,
        /** A picture as a data address. */
        qr: begun.QRDataImage,
        otpauth: begun.otpauth,
        confirm: ({ code: proof }: { code: string }, more?: CallOptions) => confirmed(proof, more),
      };
    },
    disable: ({ code }: { code?: string } = {}, options?: CallOptions) =>
      switched('Google', { twoFactor: false, code }, options),
    newRecoveryCodes: ({ code }: { code: string }, options?: CallOptions) =>
      keeper.call<{ recoveryCodes: string[] }>('newRecoveryCodes', { code }, options),
    /** Needs a verified phone. */
    enableSms: ({ code }: { code?: string } = {}, options?: CallOptions) =>
      switched('Phone', { twoFactor: true, code }, options),
    disableSms: ({ code }: { code?: string } = {}, options?: CallOptions) =>
      switched('Phone', { twoFactor: false, code }, options),
  };
}
