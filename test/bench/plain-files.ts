/** What reading a file costs without a host: Koa and `createReadStream`, on a free port that it prints. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';

const [file = ''] = process.argv.slice(2);
const app = new Koa();
app.use(async (ctx) => {
  ctx.length = (await stat(file)).size;
  ctx.type = 'video/mp4';
  ctx.body = createReadStream(file);
});
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
