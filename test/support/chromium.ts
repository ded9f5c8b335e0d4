import { existsSync } from 'node:fs';
import { env } from 'node:process';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = env.CHROMIUM ?? '/usr/bin/chromium';

/** Why no browser can be had here, or undefined. */
export function chromiumObstacle(): string | undefined {
  return existsSync(EXECUTABLE)
    ? undefined
    : 'no Chromium: install the package chromium, or name one with CHROMIUM';
}

/** A real Chromium: `CHROMIUM`, else the usual place. Close it after the tests. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
