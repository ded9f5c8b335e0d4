// A back end that lets in whoever shows a user JWT of one app: ISSUER=https://auth.example.com/apps/<appId> npm start
import { createRemoteJWKSet, jwtVerify } from 'jose';
import Koa from 'koa';

const { ISSUER: issuer = '', AUDIENCE: audience = 'none', PORT: port = '4000' } = process.env;
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
const app = new Koa();

app.use(async (ctx, next) => {
  const [scheme, token = ''] = ctx.get('authorization').split(' ');
  const options = { issuer, audience, algorithms: ['RS256'], requiredClaims: ['exp', 'sub'] };
  ctx.assert(/^bearer$/i.test(scheme), 401, 'log in first', { headers: { 'WWW-Authenticate': 'Bearer' } });
  const { payload } = await jwtVerify(token, keys, options).catch(() => ctx.throw(401, 'log in again'));
  ctx.state.user = payload;
  await next();
});
app.use((ctx) => {
  ctx.body = { hello: ctx.state.user.sub };
});
const server = app.listen(Number(port), () => console.log(`listening on ${server.address().port}`));
