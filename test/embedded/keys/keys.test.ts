import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FileKeys } from '#embedded/keys/keys.ts';
import { openEmbedded } from '#embedded/open.ts';
import { keysConformance } from '../../conformance/keys.ts';
import { embeddedOptions, temporaryFolder } from '../folder.ts';

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

describe('a key file that is missing from a folder with accounts', () => {
  test.each([
    ['signing.pem', 'everybody has to log in again'],
    ['wrapping.key', 'what it encrypts cannot be opened'],
  ])('is not made anew in silence: %s', async (file, lost) => {
    const { dir, remove } = await temporaryFolder();
    const first = await openEmbedded(embeddedOptions(dir));
    await first.table.put({ pk: 'ACCOUNT#a', sk: 'ACCOUNT', id: 'a' });
    await first.close();
    await rm(join(dir, 'keys', file));
    const opening = openEmbedded(embeddedOptions(dir));
    await expect(opening).rejects.toThrow(
      `cannot use ${dir} as the data folder: keys/${file} is missing, and there are accounts. Restore it from a backup of this folder. To go on with a new one, start with --new-keys: then ${lost}`,
    );
    expect(await readdir(join(dir, 'keys'))).not.toContain(file);
    await (await openEmbedded({ ...embeddedOptions(dir), newKeys: true })).close();
    expect(await readdir(join(dir, 'keys'))).toContain(file);
    await (await openEmbedded(embeddedOptions(dir))).close();
    await remove();
  });

  test.each(['signing.pem', 'wrapping.key'])('nor where it is damaged: %s', async (file) => {
    const { dir, remove } = await temporaryFolder();
    await (await openEmbedded(embeddedOptions(dir))).close();
    await writeFile(join(dir, 'keys', file), 'x');
    await expect(openEmbedded(embeddedOptions(dir))).rejects.toThrow(
      `keys/${file} is damaged; restore it from a backup`,
    );
    await remove();
  });
});
