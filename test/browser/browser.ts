/** A Chromium that reaches loopback and nothing else, and that says what its pages tried and complained of. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Git ignores it. */
const SCREENSHOTS = '.trainyard/browser';
const LOOPBACK = ['127.0.0.1', 'localhost'];

/** No name is looked up, whoever asks for it: a page, or Chromium itself. */
const OFFLINE = `--host-resolver-rules=MAP * ~NOTFOUND, ${LOOPBACK.map((host) => `EXCLUDE ${host}`).join(', ')}`;
const args = [OFFLINE, '--disable-component-update', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];

export interface WatchedPage {
  readonly page: Page;
  /** Addresses that the page asked for and that are not on loopback. None of them was connected to. */
  readonly remote: readonly string[];
  /** Errors and warnings of the console, exceptions, and requests that failed. */
  readonly complaints: readonly string[];
  screenshot(name: string): Promise<unknown>;
}

const isLocal = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return protocol === 'data:' || protocol === 'blob:' || LOOPBACK.includes(hostname);
};

/** One browser for the tests of a file; each page has a context of its own. */
export function useBrowser(): { open(): Promise<WatchedPage> } {
  let browser: Browser;
  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM!, args });
  });
  afterAll(() => browser?.close());
  return { open: () => watch(browser) };
}

async function watch(browser: Browser): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const remote: string[] = [];
  const complaints: string[] = [];
  await context.route(
    (url) => !isLocal(url.href),
    (route) => {
      remote.push(route.request().url());
      return route.abort();
    },
  );
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  const screenshot = (name: string) => page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  return { page, remote, complaints, screenshot };
}
