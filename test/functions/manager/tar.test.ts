import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { tar, untar } from '#functions/manager/backup/tar.ts';

const FILES = [
  { name: 'backup.json', size: 2, body: [Buffer.from('{}')] },
  { name: 'contents/a', size: 1024, body: [Buffer.alloc(1000, 'a'), Buffer.alloc(24, 'b')] },
  { name: 'contents/empty', size: 0, body: [] },
];

async function archive(): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar(FILES, Date.UTC(2026, 0))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const pieces = (bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size)),
  );

async function unpacked(bytes: AsyncIterable<Uint8Array>): Promise<[string, string][]> {
  const read: [string, string][] = [];
  for await (const { name, body } of untar(bytes)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    read.push([name, Buffer.concat(chunks).toString()]);
  }
  return read;
}

test.each([1, 511, 512, 100_000])('what is archived is read back from pieces of %d bytes', async (size) => {
  const expected = FILES.map(({ name, body }) => [name, Buffer.concat(body).toString()]);
  expect(await unpacked(pieces(await archive(), size))).toEqual(expected);
});

test('what is archived is read by tar as well', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-tar-'));
  try {
    writeFileSync(join(folder, 'a.tar'), await archive());
    execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder });
    expect(readFileSync(join(folder, 'contents/a')).equals(Buffer.concat(FILES[1]!.body))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('files that nobody reads are skipped', async () => {
  const names: string[] = [];
  for await (const { name } of untar(pieces(await archive(), 700))) names.push(name);
  expect(names).toEqual(FILES.map(({ name }) => name));
});

test('what was cut or changed is refused', async () => {
  const bytes = await archive();
  for (const cut of [0, 100, 600, 1500]) {
    const read = unpacked(pieces(bytes.subarray(0, cut), 512));
    await expect(read).rejects.toMatchObject({ details: [{ message: expect.stringContaining('it was cut off') }] });
  }
  const changed = Buffer.from(bytes);
  changed[0]! ^= 1;
  await expect(unpacked(pieces(changed, 512))).rejects.toMatchObject({
    details: [{ message: expect.stringContaining('a header was changed') }],
  });
});

test('its source is closed where reading stops', async () => {
  let closed = false;
  const bytes = await archive();
  async function* source() {
    try {
      yield* pieces(bytes, 512);
    } finally {
      closed = true;
    }
  }
  for await (const _ of untar(source())) break;
  expect(closed).toBe(true);
});
