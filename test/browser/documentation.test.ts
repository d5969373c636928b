import { describe, expect, test } from '@jest/globals';
import { type SurfaceName, surfaces } from '#infra/topology.ts';
import { useHost } from '#test/e2e/use-host.ts';
import { User } from '#test/e2e/user.ts';
import { useBrowser, type WatchedPage } from './browser.ts';

const SURFACES = Object.keys(surfaces) as SurfaceName[];

interface Document {
  readonly info: { readonly title: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, { readonly summary: string }>>>>;
}

const world = useHost();
const browser = useBrowser();

const expectQuiet = ({ remote, complaints }: WatchedPage): void => {
  expect({ remote, complaints }).toEqual({ remote: [], complaints: [] });
};

describe('in Chromium without a network', () => {
  test('a page that asks for anything elsewhere is noticed', async () => {
    const { page, remote, complaints } = await browser.open();
    await page.setContent('<img src="https://cdn.example.com/logo.svg">', { waitUntil: 'load' });
    expect(remote).toEqual(['https://cdn.example.com/logo.svg']);
    expect(complaints).toContain('https://cdn.example.com/logo.svg: net::ERR_FAILED');
  });

  test.each(SURFACES)('/docs and /redoc of the surface %s show every operation', async (surface) => {
    const base = world.bases[surface];
    const document = (await (await fetch(`${base}/openapi.json`)).json()) as Document;
    const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path));
    const docs = await browser.open();
    await docs.page.goto(`${base}/docs`);
    await docs.page.getByRole('heading', { name: document.info.title }).waitFor();
    if (operations.length > 0) await docs.page.locator('.opblock').first().waitFor();
    expect(await docs.page.locator('.opblock').count()).toBe(operations.length);
    await docs.screenshot(`docs-${surface}`);
    const redoc = await browser.open();
    await redoc.page.goto(`${base}/redoc`);
    await redoc.page.getByRole('heading', { name: document.info.title }).waitFor();
    for (const { summary } of operations) {
      await redoc.page.getByRole('heading', { name: summary }).first().waitFor({ state: 'attached' });
    }
    await redoc.screenshot(`redoc-${surface}`);
    for (const opened of [docs, redoc]) expectQuiet(opened);
  });

  test('/docs calls the API when asked to', async () => {
    const opened = await browser.open();
    const { page } = opened;
    await page.goto(`${world.base}/docs`);

    const welcome = page.locator('#operations-Health-get');
    await welcome.locator('.opblock-summary-control').click();
    await welcome.getByRole('button', { name: 'Try it out' }).click();
    await welcome.getByRole('button', { name: 'Execute' }).click();
    await welcome.locator('.live-responses-table').getByText('Welcome to the Deep Learning Platform').waitFor();

    const register = page.locator('#operations-Authentication-post_auth_register');
    await register.locator('.opblock-summary-control').click();
    await register.getByRole('button', { name: 'Try it out' }).click();
    await register.getByRole('button', { name: 'Execute' }).click();
    await register.locator('.live-responses-table .response-col_status').getByText('201').waitFor();
    await opened.screenshot('docs-call');
    // The example that the document shows was sent as it stands.
    await new User(world, 'ada', 'correct horse').login();
    expectQuiet(opened);
  });
});
