import { mkdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { addCall } from '#domain/accounts/usage/calls.ts';
import { InsufficientStorageError } from '#domain/errors.ts';
import { DiskSpace } from '#embedded/disk-space.ts';
import { FolderUnusableError, openEmbeddedHost } from '#embedded/open.ts';
import { hostOptions, temporaryFolder } from './folder.ts';
import { mountSmallDisk, type SmallDisk, testOnSmallDisk } from './tmpfs.ts';

const MEBIBYTE = 2 ** 20;

let dir: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ dir, remove } = await temporaryFolder());
});
afterEach(() => remove());

describe('the reserve of a disk', () => {
  const reserve = () => join(dir, '.reserve');
  const size = async () => (await stat(reserve()).catch(() => undefined))?.size;

  test('is made while there is room for it, and removed when there is none for anything else', async () => {
    let freeBytes = 3 * MEBIBYTE - 1;
    const space = new DiskSpace(dir, reserve(), { reserveBytes: MEBIBYTE, freeBytes: () => freeBytes });
    space.hold();
    expect(await size()).toBeUndefined();
    freeBytes += 1;
    space.hold();
    space.hold();
    expect(await size()).toBe(MEBIBYTE);
    expect(space.release()).toBe(false);
    freeBytes = MEBIBYTE - 1;
    expect(space.release()).toBe(true);
    expect(await size()).toBeUndefined();
    expect(space.release()).toBe(false);
  });

  test('is not given to files: they are refused with what is free', () => {
    let freeBytes = MEBIBYTE;
    const space = new DiskSpace(dir, reserve(), { reserveBytes: MEBIBYTE, freeBytes: () => freeBytes });
    expect(() => space.expectRoom()).not.toThrow();
    freeBytes -= 1;
    expect(() => space.expectRoom()).toThrow(`The disk is full: ${MEBIBYTE - 1} bytes are free`);
  });
});

test('a file that no longer fits is refused while it is written, and leaves nothing', async () => {
  let freeBytes = 100 * MEBIBYTE;
  const host = await openEmbeddedHost({ ...hostOptions(dir), space: { freeBytes: () => freeBytes } });
  const { artifacts } = host.blobs;
  async function* growing() {
    for (let i = 0; i < 10; i++) {
      freeBytes -= 10 * MEBIBYTE;
      yield Buffer.alloc(MEBIBYTE);
    }
  }
  await expect(artifacts.put('large', growing())).rejects.toThrow(InsufficientStorageError);
  expect(await artifacts.head('large')).toBeUndefined();
  const left = await readdir(join(dir, 'blobs'), { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile())).toEqual([]);
  freeBytes = 100 * MEBIBYTE;
  expect(await artifacts.put('large', Buffer.alloc(MEBIBYTE))).toMatchObject({ size: MEBIBYTE });
  await host.close();
});

describe('on a disk that something else has filled', () => {
  const testFull = testOnSmallDisk();
  let disk: SmallDisk | undefined;
  const mounted = (): SmallDisk => {
    const inner = join(dir, 'small');
    mkdirSync(inner);
    disk = mountSmallDisk(inner, 40 * MEBIBYTE);
    return disk;
  };
  afterEach(() => {
    disk?.unmount();
    disk = undefined;
  });

  testFull('records are written, deleted and counted, and only files are refused', async () => {
    const disk = mounted();
    const data = join(disk.dir, 'data');
    const host = await openEmbeddedHost(hostOptions(data));
    const now = Date.now();
    const { table, blobs } = host;
    await blobs.datasets.put('before', Buffer.alloc(MEBIBYTE));
    expect((await addCall(table, 'a', now)).count).toBe(1);
    disk.fill();
    expect(host.freeBytes()).toBeLessThan(65_536);
    await expect(blobs.datasets.put('file', Buffer.alloc(MEBIBYTE))).rejects.toThrow(InsufficientStorageError);
    expect((await addCall(table, 'a', now)).count).toBe(2);
    // As many as logins and jobs of a busy day write.
    for (let i = 0; i < 200; i++) await table.put({ pk: 'a', sk: `session ${i}`, text: 'x'.repeat(500) });
    expect(await table.get({ pk: 'a', sk: 'session 199' })).toMatchObject({ text: 'x'.repeat(500) });
    await blobs.datasets.delete('before');
    expect(await blobs.datasets.head('before')).toBeUndefined();
    expect((await addCall(table, 'a', now)).count).toBe(3);
    disk.free();
    await host.purge();
    expect((await stat(join(data, '.reserve'))).size).toBeGreaterThan(0);
    await blobs.datasets.put('file', Buffer.alloc(MEBIBYTE));
    await host.close();
  });

  testFull('requests go on being counted even where not a byte can be written', async () => {
    const disk = mounted();
    const data = join(disk.dir, 'data');
    const host = await openEmbeddedHost({ ...hostOptions(data), space: { reserveBytes: 0 } });
    const now = Date.now();
    const calls = async (account: string) => (await addCall(host.table, account, now)).count;
    await calls('a');
    disk.fill();
    // Until the pages are full that are there already.
    let count = 1;
    for (let i = 0; i < 3000; i++) count = await calls('a');
    expect(count).toBe(3001);
    expect(await Promise.all([calls('b'), calls('b'), calls('a')])).toEqual([1, 2, 3002]);
    disk.free();
    expect(await calls('a')).toBe(3003);
    await host.close();
    const again = await openEmbeddedHost(hostOptions(data));
    expect((await addCall(again.table, 'a', now)).count).toBe(3004);
    expect((await addCall(again.table, 'b', now)).count).toBe(3);
    await again.close();
  });

  testFull('a host does not start, and says on which folder there is no space', async () => {
    const disk = mounted();
    disk.fill();
    const starting = openEmbeddedHost(hostOptions(join(disk.dir, 'data')));
    await expect(starting).rejects.toThrow(FolderUnusableError);
    await expect(starting).rejects.toThrow(
      `cannot use ${join(disk.dir, 'data')} as the data folder: no space is left on its disk`,
    );
  });
});
