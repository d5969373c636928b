import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FileKeys } from '#embedded/keys/keys.ts';
import { keysConformance } from '../../conformance/keys.ts';
import { temporaryFolder } from '../folder.ts';

keysConformance('key files', async () => {
  const { dir, remove } = await temporaryFolder();
  return { keys: await FileKeys.open(dir), again: await FileKeys.open(dir), close: remove };
});

test('processes that create the key files at the same time get the same keys, private to their user', async () => {
  const { dir, remove } = await temporaryFolder();
  const all = await Promise.all(Array.from({ length: 8 }, () => FileKeys.open(dir)));
  const kids = await Promise.all(all.map(async (keys) => (await keys.publicKeys())[0]?.kid));
  expect(new Set(kids).size).toBe(1);
  const { wrapped } = await all[0]!.generateDataKey({});
  for (const keys of all) expect(await keys.unwrapDataKey(wrapped, {})).toHaveLength(32);
  expect((await readdir(dir)).sort()).toEqual(['signing.pem', 'wrapping.key']);
  for (const name of await readdir(dir)) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
  await remove();
});
