/** An archive has the files of its backup, and nothing else: what would be ignored is refused with its name. */
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { tar } from '#functions/manager/backup/tar.ts';
import { collected } from '#functions/manager/models/seal.ts';
import { deliverer } from './deliver.ts';
import { digestOf, type Parts, partsOf, takenOut, upload } from './forged.ts';
import { getFile, putPart } from './presigned.ts';
import { FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

/** How much later it is each time that somebody looks at the clock. */
let step = 0;
const world = useVault((adapters) => ({
  ...adapters,
  now: () => {
    world.platform.clock.now += step;
    return adapters.now();
  },
}));
const deliver = deliverer(world);

interface Entry {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of its header. Default: a file. */
  readonly type?: string;
}

/** Of a header whose type is another one, the checksum as well. */
function retyped(header: Uint8Array, type: string): Buffer {
  const changed = Buffer.from(header);
  changed.write(type, 156, 'latin1');
  const sum = changed.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  changed.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return changed;
}

async function packed(entries: readonly Entry[], after: Uint8Array = new Uint8Array()): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (const { name, bytes, type = '0' } of entries) {
    const one = await collected(tar([{ name, size: bytes.length, body: [bytes] }], 0));
    pieces.push(retyped(one.subarray(0, 512), type), one.subarray(512, -1024));
  }
  return gzipSync(Buffer.concat([...pieces, Buffer.alloc(1024), after]));
}

const recordOf = ({ record }: Parts, complete: object = {}): Entry => ({
  name: 'backup.json',
  bytes: Buffer.from(JSON.stringify({ ...record, complete: { ...(record.complete as object), ...complete } })),
});
const manifestOf = ({ manifest }: Parts): Entry => ({ name: 'manifest', bytes: manifest });
const contentsOf = ({ contents }: Parts): Entry[] =>
  [...contents].map(([sha256, bytes]) => ({ name: `contents/${sha256}`, bytes }));
const entriesOf = (parts: Parts): Entry[] => [recordOf(parts), manifestOf(parts), ...contentsOf(parts)];

const other = Buffer.from('of no model');
const unnamed: Entry = { name: `contents/${digestOf(other).sha256}`, bytes: other };

let id: string;
let parts: Parts;
beforeAll(async () => {
  id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm');
  parts = await takenOut(world, id);
});

const contentFiles = async () => {
  const { blobs } = await world.platform.store.blobs.backups.list(`${world.accountId}/vault/${id}/contents/`);
  return blobs.length;
};

async function expectRefused(archive: Uint8Array, why: string) {
  const { status, body } = await upload(world, id, archive);
  expect([status, body.details]).toEqual([400, { body: expect.stringContaining(why) }]);
  expect((await world.call('GET', `/${id}/backup/list`)).body.total_backups).toBe(0);
  expect(await contentFiles()).toBe(0);
}

describe('an archive is refused', () => {
  const more = (entry: Entry) => async () => packed([...entriesOf(parts), entry]);
  test.each<[string, () => Promise<Buffer>, string]>([
    ['with a file of another name', more({ name: 'notes.txt', bytes: other }), 'it has the file "notes.txt"'],
    ['with a name that is no text', more({ name: 'a\nb', bytes: other }), 'it has the file "a\\nb"'],
    ['with two records', () => packed([...entriesOf(parts), recordOf(parts)]), 'it has the file "backup.json"'],
    ['with two manifests', () => packed([...entriesOf(parts), manifestOf(parts)]), 'it has manifest twice'],
    ['with a file twice', () => packed([...entriesOf(parts), ...contentsOf(parts)]), 'twice'],
    ['with a link', more({ name: 'contents/link', bytes: Buffer.alloc(0), type: '2' }), '"contents/link", which is no'],
    ['with a folder', more({ name: 'other/', bytes: Buffer.alloc(0), type: '5' }), 'it has "other/", which is no file'],
    ['with a file of no model', more(unnamed), `it has the file ${unnamed.name}, which its manifest does not name`],
    [
      'that goes on after its end',
      async () => packed(entriesOf(parts), await collected(tar([{ name: 'x', size: 0, body: [] }], 0))),
      'something follows after its end',
    ],
  ])('%s', async (_, make, why) => {
    await expectRefused(await make(), why);
  });

  test('with a file that cannot be one of the models that a password protects', async () => {
    const sealed = await takenOut(world, id, { encrypt_backup: true, backup_password: PASSWORD });
    const files = sealed.contents.size;
    await expectRefused(
      await packed([...entriesOf(sealed), unnamed]),
      `it has ${files + 1} files, and ${files} by its record`,
    );
    expect((await upload(world, id, await packed(entriesOf(sealed)))).status).toBe(201);
    await world.call('DELETE', `/${id}/backup/b`);
  });

  test('that has more bytes than its record, which a password protects', async () => {
    const sealed = await takenOut(world, id, { encrypt_backup: true, backup_password: PASSWORD });
    const { bytes } = sealed.record.complete as { bytes: number };
    const entries = [recordOf(sealed, { bytes: 1 }), manifestOf(sealed), ...contentsOf(sealed)];
    await expectRefused(await packed(entries), `it has ${bytes} bytes, and 1 by its record`);
  });
});

describe('an archive is taken', () => {
  test('once, by two completions at the same time, which have the same answer', async () => {
    const archive = await packed(entriesOf(parts));
    const { body } = await world.call('POST', `/${id}/backup/uploads`, { file_size: archive.length });
    const etag = await putPart(world.platform.store, body.parts[0].url, archive);
    const complete = () =>
      world.call('POST', `/${id}/backup/uploads/${body.upload_id}/complete`, { parts: [{ part: 1, etag }] });
    const [one, other] = await Promise.all([complete(), complete()]);
    expect([one.status, other.status, other.body]).toEqual([201, 201, one.body]);
    await world.call('DELETE', `/${id}/backup/b`);
  });

  test('that somebody has unpacked and packed anew', async () => {
    const folder: Entry = { name: 'contents/', bytes: Buffer.alloc(0), type: '5' };
    const entries = [recordOf(parts), manifestOf(parts), folder, ...contentsOf(parts)];
    expect((await upload(world, id, await packed(entries, Buffer.alloc(100_000)))).status).toBe(201);
    await world.call('DELETE', `/${id}/backup/b`);
  });

  test('of an earlier version that held a file of no model, which does not stay', async () => {
    const entries = [recordOf(parts, { files: undefined }), manifestOf(parts), ...contentsOf(parts), unnamed];
    expect((await upload(world, id, await packed(entries))).status).toBe(201);
    expect(await contentFiles()).toBe(parts.contents.size);
    const restored = await world.call('POST', `/${id}/backup/restore`, { backup_name: 'b', overwrite_existing: true });
    expect(restored.body.restored_models).toEqual(['m']);
    await world.call('DELETE', `/${id}/backup/b`);
  });
});

test('a backup that goes on holds nothing of a model that was replaced meanwhile', async () => {
  const own = await world.manager({ backup_enabled: false });
  const data = (text: string) => ({ model_data: Buffer.from(`${text}${FILE}`).toString('base64') });
  for (const name of ['a', 'b', 'c', 'd']) await world.save(own, name, data(name));
  const backUp = () => world.call('POST', `/${own}/backup/create`, { backup_name: 'b' });
  step = 1500;
  expect((await backUp()).status).toBe(202);
  step = 0;
  await world.save(own, 'a', { ...data('another'), replace_existing: true });
  expect(await deliver()).toBe(true);
  expect((await backUp()).status).toBe(201);
  const { body } = await world.call('POST', `/${own}/backup/b/archive`);
  const { record, contents } = await partsOf(await getFile(world.platform.store, body.download_url));
  expect([contents.size, record.complete]).toMatchObject([4, { files: 4 }]);
  expect((await world.call('POST', `/${own}/backup/restore`, { backup_name: 'b' })).body.skipped_models).toHaveLength(
    4,
  );
});
