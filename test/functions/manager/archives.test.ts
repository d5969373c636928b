/** Archives of backups that are too large for a request: up and down by parts. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { tar, untar } from '#functions/manager/backup/tar.ts';
import { collected } from '#functions/manager/models/seal.ts';
import { damageContents } from './damage.ts';
import { deliverer } from './deliver.ts';
import { getFile, putPart } from './presigned.ts';
import { bytesOf, FILE, useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault((adapters) => adapters, { vaultBytesAtOnce: 1000 });
const deliver = deliverer(world);
afterEach(async () => {
  while (await deliver());
});

/** Calls until what was begun has the end. */
async function toEnd(path: string, json?: object) {
  for (;;) {
    const answer = await world.call('POST', path, json);
    if (answer.status !== 202) return answer;
    await deliver();
  }
}

/** A manager with a backup `b` of a model `m`: its id, and the archive. */
async function archived(): Promise<{ id: string; archive: Buffer; hash: string }> {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm', { model_data: FILE.toString('base64') });
  await world.save(id, 'n', {
    model_data: Buffer.from(crypto.getRandomValues(new Uint8Array(5000))).toString('base64'),
  });
  expect((await toEnd(`/${id}/backup/create`, { backup_name: 'b' })).status).toBe(201);
  const going = await world.call('POST', `/${id}/backup/b/archive`);
  expect([going.status, going.body.status]).toEqual([202, 'in_progress']);
  const { status, body } = await toEnd(`/${id}/backup/b/archive`);
  expect(status).toBe(200);
  const archive = await getFile(world.platform.store, body.download_url);
  expect(archive).toHaveLength(body.size_bytes);
  return { id, archive, hash: body.hash };
}

async function takeBack(id: string, archive: Uint8Array) {
  const started = await world.call('POST', `/${id}/backup/uploads`, { file_size: archive.length });
  expect(started.status).toBe(201);
  const { upload_id, parts } = started.body;
  const etag = await putPart(world.platform.store, parts[0].url, archive);
  return toEnd(`/${id}/backup/uploads/${upload_id}/complete`, { parts: [{ part: 1, etag }] });
}

const reasonOf = (answer: { body: { details?: unknown } }) => JSON.stringify(answer.body.details);

const REFUSED_FILES: readonly [string, (file: Edited) => Edited | undefined, string][] = [
  ['without its contents', (file) => (file.name.startsWith('contents/') ? undefined : file), 'bytes of its backup'],
  ['with a changed manifest', (file) => (file.name === 'manifest' ? flipped(file) : file), 'its manifest was changed'],
  [
    'with a changed file',
    (file) => (file.name.startsWith('contents/') ? flipped(file) : file),
    'its file \\"contents/',
  ],
];

describe('the archive of a large backup', () => {
  test('comes from a URL, and is taken back in parts', async () => {
    const { id, archive } = await archived();
    expect((await takeBack(id, archive)).status).toBe(409);
    await world.call('DELETE', `/${id}/backup/b`);
    await world.call('DELETE', `/${id}/models/m?confirm_deletion=true`);
    const added = await takeBack(id, archive);
    expect([added.status, added.body]).toMatchObject([201, { backup_name: 'b', model_count: 2, kind: 'named' }]);
    expect((await toEnd(`/${id}/backup/restore`, { backup_name: 'b' })).body.restored_models).toEqual(['m']);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
  });

  test('that was cut or changed is refused with the reason, and nothing of it stays', async () => {
    const { id, archive } = await archived();
    await world.call('DELETE', `/${id}/backup/b`);
    const cut = await takeBack(id, archive.subarray(0, -100));
    expect([cut.status, reasonOf(cut)]).toEqual([400, expect.stringContaining('it was cut off')]);
    const changed = Buffer.from(archive);
    changed[archive.length >> 1]! ^= 1;
    expect((await takeBack(id, changed)).status).toBe(400);
    const other = await takeBack(id, Buffer.from('no archive at all'));
    expect([other.status, reasonOf(other)]).toEqual([400, expect.stringContaining('not compressed with gzip')]);
    expect((await world.call('GET', `/${id}/backup/list`)).body.total_backups).toBe(0);
    const left = await world.platform.store.blobs.backups.list(`${world.accountId}/vault/${id}/contents/`);
    expect(left.blobs).toEqual([]);
    expect((await takeBack(id, archive)).status).toBe(201);
  });

  test.each(REFUSED_FILES)('%s is refused, also where another backup has its files', async (_, edit, reason) => {
    const { id, archive } = await archived();
    expect((await toEnd(`/${id}/backup/create`, { backup_name: 'other' })).status).toBe(201);
    await world.call('DELETE', `/${id}/backup/b`);
    const answer = await takeBack(id, await edited(archive, edit));
    expect([answer.status, reasonOf(answer)]).toEqual([400, expect.stringContaining(reason)]);
    expect((await world.call('GET', `/${id}/backup/list`)).body.total_backups).toBe(1);
    expect((await takeBack(id, archive)).status).toBe(201);
  });

  test('takes the place of a file that was damaged, also for the backups that hold it', async () => {
    const { id, archive } = await archived();
    expect((await toEnd(`/${id}/backup/create`, { backup_name: 'other' })).status).toBe(201);
    await world.call('DELETE', `/${id}/backup/b`);
    await damageContents(world, id);
    expect((await takeBack(id, archive)).status).toBe(201);
    for (const backup_name of ['b', 'other']) {
      await world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=false`);
      expect((await toEnd(`/${id}/backup/restore`, { backup_name })).body.restored_models).toEqual(['m']);
      expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
    }
  });

  test('that is not encrypted is not believed where it says that nothing in a model is dangerous', async () => {
    const id = await world.manager({ backup_enabled: false });
    const model_data = Buffer.from("cos\nsystem\n(S'id'\ntR.").toString('base64');
    await world.save(id, 'm', { model_data });
    await toEnd(`/${id}/backup/create`, { backup_name: 'b', encrypt_backup: false });
    const { body } = await toEnd(`/${id}/backup/b/archive`);
    const archive = await getFile(world.platform.store, body.download_url);
    await world.call('DELETE', `/${id}/backup/b`);
    await world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=false`);
    await world.call('DELETE', `/${id}`);
    await world.call('POST', '/create', { manager_id: id, config: { block_unsafe_artifacts: true } });
    let manifest = Buffer.alloc(0);
    let contentBytes = 0;
    await edited(archive, (file) => {
      if (file.name.startsWith('contents/')) contentBytes += file.bytes.length;
      if (file.name === 'manifest') {
        const { models, ...rest } = JSON.parse(file.bytes.toString());
        const without = models.map(
          ({ model: { pickle: _, ...model }, ...one }: { model: object & { pickle?: unknown } }) => ({
            ...one,
            model,
          }),
        );
        manifest = Buffer.from(JSON.stringify({ ...rest, models: without }));
      }
      return file;
    });
    const digest = { sha256: createHash('sha256').update(manifest).digest('hex'), bytes: manifest.length };
    const forged = await edited(archive, (file) => {
      if (file.name === 'manifest') return { name: file.name, bytes: manifest };
      const digests = { plaintext: digest, ciphertext: digest };
      return file.name === 'backup.json'
        ? withField(file, 'complete', { digests, bytes: contentBytes + manifest.length })
        : file;
    });
    expect((await takeBack(id, forged)).status).toBe(201);
    const restored = await toEnd(`/${id}/backup/restore`, { backup_name: 'b' });
    expect([restored.status, restored.body.error]).toEqual([422, 'UnsafeArtifactError']);
    expect((await world.call('GET', `/${id}/models/list`)).body.total_models).toBe(0);
  });

  test('of which a part is missing in the list is refused, and the upload goes on', async () => {
    const id = await world.manager({ backup_enabled: false });
    const size = 17_000_000;
    const { upload_id, part_size, parts } = (await world.call('POST', `/${id}/backup/uploads`, { file_size: size }))
      .body;
    const path = `/${id}/backup/uploads/${upload_id}`;
    const etag = await putPart(world.platform.store, parts[0].url, Buffer.alloc(part_size));
    const refused = await world.call('POST', `${path}/complete`, { parts: [{ part: 1, etag }] });
    expect([refused.status, reasonOf(refused)]).toEqual([400, expect.stringContaining('must be the parts 1 to 2')]);
    expect((await world.call('GET', path)).status).toBe(200);
  });

  test('of another manager is refused', async () => {
    const { archive } = await archived();
    const id = await world.manager({ backup_enabled: false });
    expect((await takeBack(id, archive)).status).toBe(409);
  });

  test.each([
    ['id', '../other', 'id Invalid UUID'],
    ['name', 'a/b', 'name must have only letters, digits'],
    ['created_at', 'today', 'created_at Invalid ISO datetime'],
    ['complete', { bytes: -1 }, 'complete bytes Too small'],
    ['created_at', '2999-01-01T00:00:00.000Z', 'its created_at is not over yet'],
    ['created_at', '2020-01-01T00:00:00.000Z', 'its record is not that of its manifest'],
    ['complete', { models: 1_000_000_000 }, 'its record is not that of its manifest'],
  ])('whose record has an %s that no backup has is refused', async (field, value, reason) => {
    const { id, archive } = await archived();
    await world.call('DELETE', `/${id}/backup/b`);
    const forged = await edited(archive, (file) =>
      file.name === 'backup.json' ? withField(file, field, value) : file,
    );
    const answer = await takeBack(id, forged);
    expect([answer.status, reasonOf(answer)]).toEqual([400, expect.stringContaining(reason)]);
  });
});

const merged = (before: unknown, value: unknown) =>
  typeof value === 'object' ? { ...(before as object), ...value } : value;

interface Edited {
  readonly name: string;
  readonly bytes: Buffer;
}

const withField = ({ name, bytes }: Edited, field: string, value: unknown): Edited => {
  const record = JSON.parse(bytes.toString());
  return { name, bytes: Buffer.from(JSON.stringify({ ...record, [field]: merged(record[field], value) })) };
};

const flipped = ({ name, bytes }: Edited): Edited => {
  const changed = Buffer.from(bytes);
  changed[changed.length >> 1]! ^= 1;
  return { name, bytes: changed };
};

/** The archive with other files. */
async function edited(archive: Uint8Array, edit: (file: Edited) => Edited | undefined): Promise<Uint8Array> {
  const files: { name: string; size: number; body: Uint8Array[] }[] = [];
  for await (const { name, body } of untar(Readable.from([gunzipSync(archive)]))) {
    const file = edit({ name, bytes: Buffer.from(await collected(body)) });
    if (file) files.push({ name: file.name, size: file.bytes.length, body: [file.bytes] });
  }
  return gzipSync(await collected(tar(files, 0)));
}
