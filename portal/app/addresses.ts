import type { AppRequest } from './app-route.ts';

/** Where verifiers and clients find an app. */
export interface AppAddresses {
  apiUrl: string;
  /** `iss` of the app's tokens; the addresses of its keys begin with it. */
  issuer: string;
  jwks: string;
  discovery: string;
  pem: string;
}

/** As the app's host publishes them, whatever address the portal asks it under. */
export async function addressesOf({ host, appId }: AppRequest): Promise<AppAddresses> {
  const { claims } = await host.tokens.sample({ appId });
  const issuer = String(claims.iss);
  return {
    apiUrl: issuer.replace(`/apps/${appId}`, ''),
    issuer,
    jwks: `${issuer}/.well-known/jwks.json`,
    discovery: `${issuer}/.well-known/openid-configuration`,
    pem: `${issuer}/public-key.pem`,
  };
}
