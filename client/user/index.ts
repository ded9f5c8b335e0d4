export { type Auth, type AuthOptions, createAuth, type Methods } from './auth.ts';
export type { CallOptions } from './call.ts';
export { AuthError, type ErrorCode, type ErrorReason, type PasswordRule } from './error.ts';
export type { SignUp, SignUpInput } from './joining.ts';
export type { IdentityInput, LogIn } from './login.ts';
export type { Result, Safe } from './result.ts';
export { keyValueStorage, memoryStorage, type SessionStorage, webStorage } from './storage.ts';
export type * from './types.ts';
