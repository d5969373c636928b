/** The pages that docs/clients.md prints, from an origin other than the API's. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { compile, copyClient } from '#test/clients/client-folder.ts';
import { printedIn } from '#test/clients/printed.ts';
import { at } from '#test/clients/run.ts';
import { useHost } from '#test/e2e/use-host.ts';
import { User } from '#test/e2e/user.ts';
import { useBrowser } from './browser.ts';

const CLIENTS = 'docs/clients.md';
/** The typed client in a page, as a bundler makes it. */
let script: string;

const world = useHost();
const browser = useBrowser();

const pages = (): Readonly<Record<string, { type: string; text: string }>> => ({
  '/': { type: 'text/html', text: at(world.bases, printedIn(CLIENTS, 'html')[0]!) },
  '/typed': {
    type: 'text/html',
    text: '<!doctype html><title>Typed</title><script type="module" src="page.js"></script>',
  },
  '/page.js': { type: 'text/javascript', text: script },
});

const server = createServer((request, response) => {
  const found = pages()[request.url ?? ''];
  response.writeHead(found === undefined ? 204 : 200, { 'content-type': found?.type ?? 'text/plain' }).end(found?.text);
});

beforeAll(async () => {
  const folder = mkdtempSync(join(world.folder, 'page-'));
  copyClient(folder);
  writeFileSync(join(folder, 'page.ts'), at(world.bases, printedIn(CLIENTS, 'ts')[0]!));
  expect(compile(folder)).toBe('');
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: ['page.ts'],
    bundle: true,
    format: 'esm',
    write: false,
  });
  script = outputFiles[0]!.text;
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

test('a page with the typed client, as a bundler makes it, logs in and lists datasets', async () => {
  const { page, remote, complaints } = await browser.open();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/typed`);
  await page.getByText(/^\d+ datasets: /).waitFor();
  expect({ remote, complaints }).toEqual({ remote: [], complaints: [] });
});
