/** Archives for which one turn of a job has no time. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, gunzipSync, inflateRawSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { NoSuchUploadError } from '#domain/ports/errors.ts';
import { findJob } from '#domain/vault/jobs.ts';
import { getManager } from '#domain/vault/managers.ts';
import { stagedArchive } from '#domain/vault/staged.ts';
import { fingerprintOf } from '#functions/manager/jobs/run-or-queue.ts';
import { deliverer } from './deliver.ts';
import { Killed } from './dying.ts';
import { getFile } from './presigned.ts';
import { useVault } from './world.ts';

jest.setTimeout(120_000);

const world = useVault((adapters) => adapters, { vaultBytesAtOnce: 1000 });
const deliver = deliverer(world);
afterEach(async () => {
  while (await deliver());
});

/** Of random bytes, so that an archive has four parts. */
const MODELS = 24;
let id = '';
beforeAll(async () => {
  id = await world.manager({ backup_enabled: false });
  for (let model = 0; model < MODELS; model += 1) {
    const saved = await world.save(id, `m${model}`, { model_data: randomBytes(2_200_000).toString('base64') });
    expect(saved.status).toBe(201);
  }
  for (const backup_name of ['packed', 'plain']) await backUp(backup_name);
});

async function backUp(backup_name: string): Promise<void> {
  const compress = backup_name !== 'plain';
  for (;;) {
    const { status } = await world.call('POST', `/${id}/backup/create`, { backup_name, compress });
    if (status === 201) return;
    expect(status).toBe(202);
    await deliver();
  }
}

const ask = (name: string) => world.call('POST', `/${id}/backup/${name}/archive`);

/** Asks for it, with so much time in each turn. The archive and how many turns it took. */
async function archived(name: string, milliseconds: number) {
  expect((await ask(name)).status).toBe(202);
  let turns = 0;
  while (turns < 9 && (await deliver(milliseconds))) turns += 1;
  const { status, body } = await ask(name);
  expect(status).toBe(200);
  const bytes = await getFile(world.platform.store, body.download_url);
  expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([body.size_bytes, body.hash]);
  return { bytes, turns };
}

/** Unpacked. Throws where anything follows after the first member of gzip, or its checksum is wrong. */
function onlyMember(bytes: Buffer): Buffer {
  const { buffer, engine } = inflateRawSync(bytes.subarray(10), { info: true }) as unknown as {
    readonly buffer: Buffer;
    readonly engine: { readonly bytesWritten: number };
  };
  const trailer = bytes.subarray(10 + engine.bytesWritten);
  expect([trailer.length, trailer.readUInt32LE(0), trailer.readUInt32LE(4)]).toEqual([8, crc32(buffer), buffer.length]);
  return gunzipSync(bytes);
}

const staged = async () =>
  (await world.platform.store.blobs.backups.list(`${world.accountId}/vault/${id}/archives/`)).blobs;

describe.each(['packed', 'plain'])('the archive of a backup (%s)', (name) => {
  test('is the same, byte for byte, in one turn and in several', async () => {
    const once = await archived(name, 900_000);
    const often = await archived(name, 0);
    expect(once.turns).toBe(1);
    expect(often.turns).toBeGreaterThan(3);
    expect(often.bytes.equals(once.bytes)).toBe(true);
    const plain = name === 'packed' ? onlyMember(often.bytes) : often.bytes;
    expect(plain.subarray(0, 11).toString()).toBe('backup.json');
  });

  test('is what tar reads', async () => {
    const { bytes } = await archived(name, 0);
    const folder = mkdtempSync(join(tmpdir(), 'trainyard-archive-'));
    try {
      writeFileSync(join(folder, 'a'), bytes);
      execFileSync('tar', [name === 'packed' ? '-xzf' : '-xf', 'a'], { cwd: folder });
      expect(readdirSync(join(folder, 'contents'))).toHaveLength(MODELS);
      for (const file of readdirSync(join(folder, 'contents'))) {
        const bytes = readFileSync(join(folder, 'contents', file));
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(file);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('an archive that is made in several turns', () => {
  /** A process that is killed when it has put so many parts. */
  const killedAfter = (parts: number) => {
    let put = 0;
    const guard = <T extends object>(port: T): T =>
      new Proxy(port, {
        get(target, key) {
          const own: unknown = Reflect.get(target, key);
          if (typeof own !== 'function') return own;
          return async (...args: unknown[]) => {
            if (put >= parts) throw new Killed();
            const result = await (own as (...all: unknown[]) => unknown).apply(target, args);
            if (key === 'putPart') put += 1;
            return result;
          };
        },
      });
    return (adapters: Adapters): Adapters => ({
      ...adapters,
      table: guard(adapters.table),
      blobs: { ...adapters.blobs, backups: guard(adapters.blobs.backups) },
    });
  };

  test.each([1, 3])('goes on where its process was killed after %i parts', async (parts) => {
    const { bytes } = await archived('packed', 900_000);
    expect((await ask('packed')).status).toBe(202);
    await deliver(0);
    await deliverer(world, killedAfter(parts))().catch(() => undefined);
    // The lease of the dead process, and its message, come to an end.
    world.platform.clock.now += 1_000_000;
    while (await deliver());
    const { status, body } = await ask('packed');
    expect(status).toBe(200);
    expect((await getFile(world.platform.store, body.download_url)).equals(bytes)).toBe(true);
  });

  test('that an earlier version has begun begins anew, and nothing of that stays', async () => {
    const { bytes } = await archived('packed', 900_000);
    expect((await ask('packed')).status).toBe(202);
    await deliver(0);
    await deliver(0);
    const { table, blobs } = world.platform.store;
    const manager = await getManager(table, world.accountId, id);
    const job = await findJob(table, manager, 'archive', fingerprintOf({ backup: 'packed' }));
    const progress = job!.progress as { id: string; upload_id: string; at: { [name: string]: number } };
    const { crc: _, ...at } = progress.at;
    const key = keys.vaultJob(manager.account_id, manager.vault, 'archive', job!.fingerprint);
    await table.update(key, { set: { progress: { ...progress, at } } }, { kind: 'present' });
    while (await deliver());
    const { status, body } = await ask('packed');
    expect(status).toBe(200);
    expect((await getFile(world.platform.store, body.download_url)).equals(bytes)).toBe(true);
    const earlier = stagedArchive(manager, progress.id).file;
    await expect(blobs.backups.listParts(earlier, progress.upload_id)).rejects.toThrow(NoSuchUploadError);
  });

  test('fails where its backup is deleted meanwhile, and leaves nothing', async () => {
    const before = (await staged()).length;
    await backUp('short');
    expect((await ask('short')).status).toBe(202);
    await deliver(0);
    await deliver(0);
    await world.call('DELETE', `/${id}/backup/short`);
    while (await deliver());
    expect((await ask('short')).status).toBe(404);
    expect(await staged()).toHaveLength(before);
  });
});
