// Fills the compile cache of the image: loads the modules a start needs, and those that are loaded when first used.
import module from 'node:module';

module.enableCompileCache();
await import('../server/wiring.ts');
await import('../server/app.ts');
await import('../setup/set-up.ts');
for (const lazy of ['mongodb', '@sendgrid/mail', 'twilio', 'prom-client', 'koa-body']) await import(lazy);
module.flushCompileCache();
process.exit(0);
