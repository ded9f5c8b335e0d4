import type { AppAddresses } from './addresses.ts';

/** Code that works when it is pasted. Names and code are the same in every language. */
export interface Snippet {
  name: string;
  code: string;
}

interface Placed extends AppAddresses {
  appToken: string;
  handle: string;
}

/** How an app logs in, for each kind of client; `handle` and its password are those of a user there. */
export function clientSnippets({ apiUrl, appToken, handle }: Placed): Snippet[] {
  return [
    {
      name: 'curl',
      code: `curl -s ${apiUrl}/api/appuser/login \\
  -H 'app-token: ${appToken}' \\
  -H 'Content-Type: application/json' \\
  -d '{"handle":"${handle}","passwordText":"PASSWORD"}'`,
    },
    {
      name: 'JavaScript, TypeScript',
      code: `import { createAuth, webStorage } from 'cosync-auth-client';

const auth = createAuth({
  url: '${apiUrl}',
  appToken: '${appToken}',
  storage: webStorage(),
});
const { error } = await auth.logIn({ handle: '${handle}', password: 'PASSWORD' });
if (error) console.error(error.message);
const jwt = await auth.token();`,
    },
    {
      name: 'Swift',
      code: `import CosyncAuthSwift

CosyncAuthRest.shared.configure(
    appToken: "${appToken}",
    cosyncRestAddress: "${apiUrl}"
)
try await CosyncAuthRest.shared.login("${handle}", password: "PASSWORD")
let jwt = CosyncAuthRest.shared.jwt`,
    },
    {
      name: 'Kotlin',
      code: `import com.cosync.cosyncjwt.CosyncJWT

val cosync = CosyncJWT.getInstance(context)
cosync.configure(
    appToken = "${appToken}",
    cosyncRestAddress = "${apiUrl}"
)
cosync.login("${handle}", "PASSWORD")
    .onSuccess { authentication -> val jwt = authentication.jwt }`,
    },
    {
      name: 'React Native',
      code: `import CosyncJWTReactNative from 'cosync-jwt-react-native';

const cosync = new CosyncJWTReactNative({
  appToken: '${appToken}',
  apiUrl: '${apiUrl}',
}).getInstance();
const { jwt } = await cosync.login.login('${handle}', 'PASSWORD');`,
    },
  ];
}

/** As [connecting](../../docs/connecting.md) has them, with the app's own addresses and audience. */
export function verifierSnippets({ issuer }: AppAddresses, audience: string): Snippet[] {
  return VERIFIER_CODE.map(({ name, code }) => ({
    name,
    code: code.replaceAll('ISSUER', () => issuer).replaceAll('my-audience', () => audience),
  }));
}
