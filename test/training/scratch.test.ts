import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openScratch, writableFolder } from '#training/scratch.ts';

test('a training has a private folder, which is removed with it, and earlier folders of the job are removed too', async () => {
  const disk = await mkdtemp(join(tmpdir(), 'disk-'));
  try {
    const left = await openScratch(disk, 'job');
    await writeFile(join(left.folder, 'rows'), 'x');
    const other = await openScratch(disk, 'other');
    {
      await using scratch = await openScratch(disk, 'job');
      expect(await readdir(scratch.folder)).toEqual([]);
      expect((await stat(join(disk, 'trainyard-job'))).mode & 0o777).toBe(0o700);
      await expect(stat(left.folder)).rejects.toThrow('ENOENT');
      await writeFile(join(scratch.folder, 'rows'), 'x');
    }
    expect(await readdir(disk)).toEqual(['trainyard-other']);
    await other[Symbol.asyncDispose]();
    expect(await readdir(disk)).toEqual([]);
  } finally {
    await rm(disk, { recursive: true });
  }
});

test('the wanted disk is used, or, with a warning, the temporary folder if it does not exist', async () => {
  const lines: string[] = [];
  const log = (level: string, message: string) => void lines.push(`${level} ${message}`);
  expect(await writableFolder(undefined, '/tmp', log)).toBe('/tmp');
  expect(await writableFolder(tmpdir(), '/elsewhere', log)).toBe(tmpdir());
  expect(lines).toEqual([]);
  expect(await writableFolder('/nowhere/scratch', '/tmp', log)).toBe('/tmp');
  expect(lines).toEqual(['WARN /nowhere/scratch cannot be written; /tmp is used for data that do not fit into memory']);
});
