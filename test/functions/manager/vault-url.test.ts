/** Where a deployment's pods load the model from. */
import { beforeAll, expect, test } from '@jest/globals';
import { useVault } from './world.ts';

const world = useVault();
let id = '';
beforeAll(async () => {
  id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm');
});
const deploy = (vault_url: string) =>
  world.call('POST', `/${id}/models/m/deploy`, { deploy_to: 'kubernetes', vault_url });

test('a URL is in the manifests as it was given', async () => {
  const { status, body } = await deploy('https://vault.example.com/base/');
  expect(status).toBe(200);
  expect(JSON.stringify(body.manifests)).toContain('"https://vault.example.com/base"');
});

test.each([
  ['with a user', 'https://ada:secret@vault.example.com', 'must not contain a user name or a password'],
  ['with a password alone', 'https://:secret@vault.example.com', 'must not contain a user name or a password'],
  ['with a query', 'https://vault.example.com/?key=secret', 'must not contain a query or a fragment'],
  ['with an empty query', 'https://vault.example.com/?', 'must not contain a query or a fragment'],
  ['with a fragment', 'https://vault.example.com/#secret', 'must not contain a query or a fragment'],
  ['of another scheme', 'ftp://vault.example.com', 'must be a URL of http or https'],
])('one %s is refused', async (_, url, message) => {
  const { status, body } = await deploy(url);
  expect([status, body.details.vault_url]).toEqual([400, expect.stringContaining(message)]);
});
