import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { openSource } from '#learning/source.ts';

async function* pieces(...of: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of of) yield Buffer.from(piece);
}

const LONG = 'x'.repeat(1000);

test('the head of a file is there before its bytes are read, which are all of them', async () => {
  const source = openSource(pieces('ab', LONG, 'yz'));
  const head = await source.head();
  expect(head).toHaveLength(512);
  expect(Buffer.from(head).toString().slice(0, 3)).toBe('abx');
  expect(await text(source.bytes())).toBe(`ab${LONG}yz`);
  expect(Buffer.from(await openSource(pieces('a', 'b')).head()).toString()).toBe('ab');
});

test('a file that was copied onto a disk can be read again, and is copied once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-source-'));
  try {
    const source = openSource(pieces('ab', LONG), { folder });
    await source.head();
    const [path, again] = await Promise.all([source.path(), source.path()]);
    expect(again).toBe(path);
    expect(await readFile(path, 'utf8')).toBe(`ab${LONG}`);
    expect(await text(source.bytes())).toBe(`ab${LONG}`);
    expect(await buffer(source.bytes())).toHaveLength(1002);
    expect(await source.head()).toHaveLength(512);
    const other = openSource(pieces('cd', LONG), { folder: await mkdtemp(join(folder, 'other-')) });
    await other.path();
    expect(Buffer.from(await other.head()).toString('latin1', 0, 3)).toBe('cdx');
    await expect(openSource(pieces('a')).path()).rejects.toThrow(/needs a folder/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
