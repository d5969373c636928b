import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test('what is archived is read back, and by tar as well', async () => {
  const bytes = await archive();
  const read = [...untar(bytes)].map(([name, body]) => [name, Buffer.from(body).toString()]);
  expect(read).toEqual(FILES.map(({ name, body }) => [name, Buffer.concat(body).toString()]));
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-tar-'));
  try {
    writeFileSync(join(folder, 'a.tar'), bytes);
    execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder });
    expect(readFileSync(join(folder, 'contents/a')).equals(Buffer.concat(FILES[1]!.body))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what was cut or changed is refused', async () => {
  const bytes = await archive();
  for (const cut of [0, 100, 600, 1500]) expect(() => untar(bytes.subarray(0, cut))).toThrow('Invalid input data');
  const changed = Buffer.from(bytes);
  changed[0]! ^= 1;
  expect(() => untar(changed)).toThrow('Invalid input data');
});
