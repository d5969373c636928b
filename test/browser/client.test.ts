/** The page that docs/clients.md prints, from an origin other than the API's. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { printedIn } from '#test/clients/printed.ts';
import { at } from '#test/clients/run.ts';
import { useHost } from '#test/e2e/use-host.ts';
import { User } from '#test/e2e/user.ts';
import { useBrowser } from './browser.ts';

const world = useHost();
const browser = useBrowser();

const server = createServer((request, response) => {
  const [page] = printedIn('docs/clients.md', 'html');
  const isPage = request.url === '/';
  response.writeHead(isPage ? 200 : 204, { 'content-type': 'text/html' }).end(isPage ? at(world.bases, page!) : '');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ada = new User(world, 'ada', 'correct horse');
  const { username, password } = ada;
  await ada.client.post('/auth/register', { username, password, email: 'ada@example.com', full_name: 'Ada Lovelace' });
});
afterAll(() => {
  server.close();
});

test('a page of another origin logs in, uploads a chosen file, trains on it, and shows how good the model is', async () => {
  const { page, remote, complaints, screenshot } = await browser.open();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.getByLabel('CSV file').setInputFiles('infra/embedded/demo/penguins.csv');
  const status = page.getByRole('status');
  await status.getByText(/^Accuracy/).waitFor();
  await screenshot('client');
  expect(await status.textContent()).toMatch(/^Accuracy on the validation rows: (1\.00|0\.[5-9]\d)$/);
  expect({ remote, complaints }).toEqual({ remote: [], complaints: [] });
});
