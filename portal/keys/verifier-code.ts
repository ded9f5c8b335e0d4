import type { Verifier } from '../../client/host/tokens.ts';

/**
 * What to tell each verifier; `ISSUER` and `my-audience` stand for those of an app. The words are those of
 * docs/connecting.md, which explains them.
 */
export const VERIFIER_CODE: Readonly<Record<Verifier, string>> = {
  generic: `const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL('ISSUER/.well-known/jwks.json')), { issuer: 'ISSUER', audience: 'my-audience', algorithms: ['RS256'] });`,
  powersync: `client_auth:
  jwks_uri: ISSUER/.well-known/jwks.json
  audience: [my-audience]`,
  objectbox: `{
  "auth": {
    "jwt": {
      "publicKeyUrl": "ISSUER/.well-known/jwks.json",
      "claimIss": "ISSUER",
      "claimAud": "my-audience"
    }
  }
}`,
  couchbase: `{
  "oidc": {
    "providers": {
      "cosync": {
        "issuer": "ISSUER",
        "client_id": "my-audience",
        "discovery_url": "ISSUER/.well-known/openid-configuration",
        "disable_cfg_validation": true,
        "user_prefix": "cosync",
        "register": true
      }
    }
  }
}`,
  ditto: `const keys = createRemoteJWKSet(new URL('ISSUER/.well-known/jwks.json'));
app.post('/ditto', async (request, response) => {
  try {
    const { payload } = await jwtVerify(request.body.token, keys, { issuer: 'ISSUER', audience: 'my-audience', algorithms: ['RS256'] });
    response.json({
      authenticate: true,
      userID: payload.sub,
      expirationSeconds: payload.exp - Math.floor(Date.now() / 1000),
      permissions: { read: { everything: true, queriesByCollection: {} }, write: { everything: false, queriesByCollection: {} } },
    });
  } catch {
    response.json({ authenticate: false });
  }
});`,
  'aws-api-gateway': `aws apigatewayv2 create-authorizer --api-id <api> --authorizer-type JWT --name cosync \\
  --identity-source '$request.header.Authorization' \\
  --jwt-configuration Issuer=ISSUER,Audience=my-audience`,
  'aws-appsync': `aws appsync update-graphql-api --api-id <api> --name <name> --authentication-type OPENID_CONNECT \\
  --open-id-connect-config issuer=ISSUER,clientId=my-audience,iatTTL=3600000,authTTL=86400000`,
  convex: `export default {
  providers: [
    { type: 'customJwt', issuer: 'ISSUER', jwks: 'ISSUER/.well-known/jwks.json', applicationID: 'my-audience', algorithm: 'RS256' },
  ],
};`,
  hasura: `HASURA_GRAPHQL_JWT_SECRET='{
  "jwk_url": "ISSUER/.well-known/jwks.json",
  "issuer": "ISSUER",
  "audience": "my-audience",
  "claims_map": {
    "x-hasura-user-id": {"path": "$.sub"},
    "x-hasura-default-role": "user",
    "x-hasura-allowed-roles": ["user"]
  }
}'`,
  supabase: `const supabase = createClient(url, publishableKey, { accessToken: async () => jwt });`,
  postgrest: `export PGRST_JWT_SECRET="$(curl -s ISSUER/.well-known/jwks.json)"
export PGRST_JWT_AUD=my-audience`,
  'firebase-custom-token': `const { payload } = await jwtVerify(jwt, keys, { issuer: 'ISSUER', audience: 'my-audience', algorithms: ['RS256'] });
return getAuth().createCustomToken(payload.sub, { plan: payload.plan });`,
};
