// Exit 0 while the host can serve: it is ready and reaches its database.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

function port() {
  if (process.env.PORT) return process.env.PORT.trim();
  try {
    return parseEnv(readFileSync(join(process.env.DATA_DIR ?? '/data', 'host.env'), 'utf8')).PORT ?? '3000';
  } catch {
    return '3000';
  }
}

try {
  const response = await fetch(`http://127.0.0.1:${port()}/readyz`, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = response.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
