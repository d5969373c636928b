import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { verified } from '#vault/encryption/spool.ts';
import { bytesOf, collect, inPieces } from '../samples.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-vault-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function* failing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* inPieces(bytes, [1000]);
  throw new Error('changed at its end');
}

describe.each([
  ['in memory', 100_000],
  ['on disk', 5_000],
])('a file that waits %s', (where, memoryBytes) => {
  const plaintext = bytesOf(50_000);

  test('can be read more than once', async () => {
    await using file = await verified(inPieces(plaintext, [1, 4096]), { folder, memoryBytes });
    expect(file.bytes).toBe(plaintext.length);
    for (let i = 0; i < 2; i++) expect((await collect(file.read())).equals(plaintext)).toBe(true);
  });

  test('gives nothing if its stream fails, however late', async () => {
    await expect(verified(failing(plaintext), { folder, memoryBytes })).rejects.toThrow('changed at its end');
    expect(readdirSync(folder)).toEqual([]);
    expect(openFiles()).toEqual([]);
  });

  test('leaves nothing behind, and nothing readable while it waits', async () => {
    {
      await using file = await verified([plaintext], { folder, memoryBytes });
      expect(readdirSync(folder)).toEqual([]);
      expect(file.bytes).toBe(plaintext.length);
      const found = openFiles().map((descriptor) => readFileSync(descriptor));
      expect(found).toHaveLength(process.platform === 'linux' && where === 'on disk' ? 1 : 0);
      for (const bytes of found) expect(bytes.includes(plaintext.subarray(0, 16))).toBe(false);
    }
    expect(openFiles()).toEqual([]);
  });
});

/** Files of the folder that this process has open although they have no name any more, where the system tells. */
function openFiles(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd')
    .map((descriptor) => `/proc/self/fd/${descriptor}`)
    .filter((path) => {
      try {
        return readlinkSync(path).startsWith(folder);
      } catch {
        return false;
      }
    });
}
