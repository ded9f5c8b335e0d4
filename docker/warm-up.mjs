// Fills the compile cache of the image, which NODE_COMPILE_CACHE names: loads the modules a start needs, and
// those that are loaded when first used.
import module from 'node:module';

await import('../server/main.ts');
await import('../server/run.ts');
await import('../setup/commands/set-up.ts');
await import('../server/archive/read.ts');
await import('../server/archive/write.ts');
await import('../server/log/metrics.ts');
await import('../portal/portal.ts');
await import('../cli/main.ts');
for (const lazy of ['mongodb', '@sendgrid/mail', 'twilio', 'koa-body', '@node-rs/bcrypt']) await import(lazy);
const require = module.createRequire(import.meta.url);
for (const lazy of ['handlebars', 'libphonenumber-js', 'otplib']) require(lazy);
module.flushCompileCache();
process.exit(0);
