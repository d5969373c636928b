import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openScratch, writableFolder } from '#training/scratch.ts';

test('a training has a folder that only its user can read, which goes with it, as does what was left of the job', async () => {
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

test('the disk that is wanted is used, or, with a word, the temporary folder where it is not there', async () => {
  const lines: string[] = [];
  const log = (level: string, message: string) => void lines.push(`${level} ${message}`);
  expect(await writableFolder(undefined, '/tmp', log)).toBe('/tmp');
  expect(await writableFolder(tmpdir(), '/elsewhere', log)).toBe(tmpdir());
  expect(lines).toEqual([]);
  expect(await writableFolder('/nowhere/scratch', '/tmp', log)).toBe('/tmp');
  expect(lines).toEqual(['WARN /nowhere/scratch cannot be written; /tmp is used for data that do not fit into memory']);
});
