import { createAuth, keyValueStorage } from 'cosync-auth-client';
import * as SecureStore from 'expo-secure-store';

/** Expo puts variables with this beginning into the app; the app token is public. */
declare const process: { env: { EXPO_PUBLIC_AUTH_URL?: string; EXPO_PUBLIC_APP_TOKEN?: string } };

export const auth = createAuth({
  url: process.env.EXPO_PUBLIC_AUTH_URL ?? '',
  appToken: process.env.EXPO_PUBLIC_APP_TOKEN ?? '',
  storage: keyValueStorage(SecureStore),
});
