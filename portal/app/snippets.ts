import { VERIFIER_CODE } from '../keys/verifier-code.ts';
import { VERIFIER_LABELS, VERIFIERS } from '../keys/verifiers.ts';
import type { AppAddresses } from './addresses.ts';

/** Code that works when it is pasted. Names and code are the same in every language. */
export interface Snippet {
  name: string;
  code: string;
}

/** Who logs in, and where. */
interface Login {
  apiUrl: string;
  appToken: string;
  handle: string;
  password: string;
}

/** How an app logs a user in, for each kind of client. */
export function clientSnippets({ apiUrl, appToken, handle, password }: Login): Snippet[] {
  return [
    {
      name: 'curl',
      code: `curl -s ${apiUrl}/api/appuser/login \\
  -H 'app-token: ${appToken}' \\
  -H 'Content-Type: application/json' \\
  -d '{"handle":"${handle}","passwordText":"${password}"}'`,
    },
    {
      name: 'JavaScript, TypeScript',
      code: `import { createAuth, webStorage } from 'cosync-auth-client';

const auth = createAuth({
  url: '${apiUrl}',
  appToken: '${appToken}',
  storage: webStorage(),
});
const { error } = await auth.logIn({ handle: '${handle}', password: '${password}' });
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
try await CosyncAuthRest.shared.login("${handle}", password: "${password}")
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
cosync.login("${handle}", "${password}")
    .onSuccess { authentication -> val jwt = authentication.jwt }`,
    },
    {
      name: 'React Native',
      code: `import CosyncJWTReactNative from 'cosync-jwt-react-native';

const cosync = new CosyncJWTReactNative({
  appToken: '${appToken}',
  apiUrl: '${apiUrl}',
}).getInstance();
const { jwt } = await cosync.login.login('${handle}', '${password}');`,
    },
  ];
}

/** What to tell each verifier, with the app's own issuer and audience. */
export function verifierSnippets({ issuer }: AppAddresses, audience: string): Snippet[] {
  return VERIFIERS.map((verifier) => ({
    name: VERIFIER_LABELS[verifier],
    code: VERIFIER_CODE[verifier]
      .replaceAll('ISSUER', () => issuer)
      .replaceAll('my-audience', () => audience),
  }));
}
