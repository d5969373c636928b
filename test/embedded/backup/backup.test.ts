import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { backUpFolder } from '#embedded/backup/back-up.ts';
import { contentPath } from '#embedded/backup/manifest.ts';
import { restoreFolder } from '#embedded/backup/restore.ts';
import { type EmbeddedAdapters, openEmbedded } from '#embedded/open.ts';
import { embeddedOptions } from '../folder.ts';

let root: string;
let store: EmbeddedAdapters;
const place = (name: string) => join(root, name);
const open = (name: string) => openEmbedded(embeddedOptions(place(name)));

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'trainyard-backup-'));
  store = await open('data');
  await store.table.put({ pk: 'a', sk: 'b', text: 'a record' });
  await store.blobs.artifacts.put('file', Buffer.from('a file'));
});

afterEach(async () => {
  await store.close();
  rmSync(root, { recursive: true });
});

const now = () => Date.UTC(2026, 0, 1);
const backUp = () => backUpFolder(place('data'), place('backup'), now);
const textOf = async ({ blobs }: EmbeddedAdapters, key = 'file') =>
  Buffer.concat(await (await blobs.artifacts.get(key)).body.toArray()).toString();

/** The files of contents in the backup. */
const contents = () =>
  readdirSync(join(place('backup'), 'blobs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes('/'),
  );

describe('a backup of a data folder that is in use', () => {
  test('is the folder again, with its keys', async () => {
    const { plaintext, wrapped } = await store.keys.generateDataKey({ a: 'b' });
    expect(await backUp()).toMatchObject({ copied: 1 });
    await store.table.put({ pk: 'a', sk: 'b', text: 'later' });
    expect(await restoreFolder(place('backup'), place('restored'))).toMatchObject({
      created_at: '2026-01-01T00:00:00.000Z',
    });
    const restored = await open('restored');
    try {
      expect(await restored.table.get({ pk: 'a', sk: 'b' })).toMatchObject({ text: 'a record' });
      expect(await textOf(restored)).toBe('a file');
      expect(await restored.keys.unwrapDataKey(wrapped, { a: 'b' })).toEqual(plaintext);
    } finally {
      await restored.close();
    }
  });

  test('copies only what is new, and has nothing that is gone', async () => {
    await backUp();
    await store.blobs.artifacts.put('other', Buffer.from('another file'));
    expect(await backUp()).toMatchObject({ copied: 1 });
    expect(contents()).toHaveLength(2);
    await store.blobs.artifacts.delete('file');
    expect(await backUp()).toMatchObject({ copied: 0 });
    expect(contents()).toHaveLength(1);
  });

  test('of a file whose bytes are gone is refused, and leaves the backup before as it was', async () => {
    await backUp();
    await store.blobs.artifacts.put('lost', Buffer.from('bytes'));
    const [before] = contents();
    const all = readdirSync(join(place('data'), 'blobs'), { recursive: true, encoding: 'utf8' });
    const lost = all.filter((name) => name.includes('/') && name !== before);
    expect(lost).toHaveLength(1);
    rmSync(join(place('data'), 'blobs', lost[0]!));
    await expect(backUp()).rejects.toThrow(/deleted each time/);
    await restoreFolder(place('backup'), place('restored'));
  });

  test('of a folder that is none is refused', async () => {
    await expect(backUpFolder(place('nothing'), place('backup'), now)).rejects.toThrow(/it is no data folder/);
  });
});

describe('a restore', () => {
  test('refuses a backup of which a file was changed, or is missing', async () => {
    await backUp();
    const [name] = contents();
    const file = join(place('backup'), contentPath(name!.split('/')[1]!));
    writeFileSync(file, 'A file');
    await expect(restoreFolder(place('backup'), place('changed'))).rejects.toThrow(/was changed/);
    rmSync(file);
    await expect(restoreFolder(place('backup'), place('missing'))).rejects.toThrow(/is missing/);
    rmSync(join(place('backup'), 'backup.json'));
    await expect(restoreFolder(place('backup'), place('none'))).rejects.toThrow(/no complete backup/);
  });

  test('that fails leaves nothing of the backup in the folder, and blames the backup', async () => {
    await backUp();
    writeFileSync(join(place('backup'), 'trainyard.db'), 'changed');
    mkdirSync(place('empty'));
    for (const name of ['empty', 'new']) {
      await expect(restoreFolder(place('backup'), place(name))).rejects.toThrow(
        `cannot restore the backup ${place('backup')}: trainyard.db was changed`,
      );
    }
    expect(readdirSync(place('empty'))).toEqual([]);
    expect(existsSync(place('new'))).toBe(false);
  });

  test('goes on where one before was killed', async () => {
    await backUp();
    mkdirSync(join(place('restored'), '.restoring', 'keys'), { recursive: true });
    await restoreFolder(place('backup'), place('restored'));
    expect(readdirSync(place('restored')).sort()).toEqual(['blobs', 'counters.db', 'keys', 'trainyard.db']);
  });

  test('writes into no folder that has anything in it', async () => {
    await backUp();
    await expect(restoreFolder(place('backup'), place('data'))).rejects.toThrow(/must be empty/);
  });
});
