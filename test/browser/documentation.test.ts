import { describe, expect, test } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { User } from '#test/e2e/user.ts';
import { useBrowser, type WatchedPage } from './browser.ts';

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

  test('/docs lists every operation, and calls the API when asked to', async () => {
    const opened = await browser.open();
    const { page } = opened;
    await page.goto(`${world.base}/docs`);
    await page.locator('.opblock').first().waitFor();
    const { paths } = (await (await fetch(`${world.base}/openapi.json`)).json()) as { paths: Record<string, object> };
    const operations = Object.values(paths).flatMap((path) => Object.keys(path));
    expect(await page.locator('.opblock').count()).toBe(operations.length);
    await opened.screenshot('docs');

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

  test('/redoc shows every operation', async () => {
    const opened = await browser.open();
    const { page } = opened;
    await page.goto(`${world.base}/redoc`);
    await page.getByRole('heading', { name: 'Trainyard platform API' }).waitFor();
    await page.getByRole('heading', { name: 'Start a new model training job' }).waitFor({ state: 'attached' });
    await opened.screenshot('redoc');
    expectQuiet(opened);
  });
});
