import type { Page } from 'playwright-core';

/** What a browser says and does beside showing a page. */
export interface BrowserNoise {
  /** Whom it asked, each once. */
  readonly origins: string[];
  /** Errors, warnings, broken policies and requests that failed. */
  readonly complaints: string[];
}

/** Listens from now on. */
export function listenTo(page: Page): BrowserNoise {
  const origins = new Set<string>();
  const complaints: string[] = [];
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:') origins.add(origin);
  });
  page.on('requestfailed', (request) => complaints.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  return {
    get origins() {
      return [...origins];
    },
    complaints,
  };
}
