import type { Signup } from '../../model/signup.ts';
import { wireTime } from './time.ts';

/** A signup row of the portal: never the code or the password hash (contract §8 S20). */
export function portalSignup(signup: Signup) {
  return {
    _id: signup.id,
    appId: signup.appId,
    handle: signup.handle,
    status: signup.status,
    locale: signup.locale,
    metaData: signup.metaData,
    signupProvider: signup.signupProvider,
    createdAt: wireTime(signup.createdAt),
    updatedAt: wireTime(signup.updatedAt),
  };
}
