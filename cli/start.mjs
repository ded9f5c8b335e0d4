#!/usr/bin/env node
// Plain JavaScript, so that an old Node reaches the message below instead of dying on the first type.
import { resolve } from 'node:path';
import { useCompileCache } from '../server/start/compile-cache.mjs';

const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `This needs Node 24 or later and found ${process.version}.\nRun "npm ci" first: "npx cosync" then uses the Node that comes with the project.\n`,
  );
  process.exit(78);
}
// Prompts decide about colours when they are loaded.
if (process.argv.includes('--no-color')) process.env.NO_COLOR = '1';
useCompileCache(resolve(process.env.DATA_DIR || './data', '.compile-cache'), { create: false });
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2), process.env);
