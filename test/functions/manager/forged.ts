/** Archives of backups as somebody makes them by hand. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { tar, untar } from '#functions/manager/backup/tar.ts';
import { collected } from '#functions/manager/models/seal.ts';
import { encryptionContext } from '#vault/context.ts';
import { seal } from '#vault/encryption/seal.ts';
import { newDataKey, wrapWithPassword } from '#vault/wrapping/wrap.ts';
import { getFile } from './presigned.ts';
import type { VaultWorld } from './world.ts';

export const digestOf = (bytes: Uint8Array) => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
  bytes: bytes.length,
});

/** Of a model as a manifest has it. */
export interface GivenModel {
  readonly content: string;
  readonly bytes: number;
  readonly model: Readonly<Record<string, unknown>>;
}

/** An archive in its parts. */
export interface Parts {
  readonly record: Readonly<Record<string, unknown>>;
  readonly manifest: Buffer;
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

export async function partsOf(archive: Uint8Array): Promise<Parts> {
  const files = new Map<string, Buffer>();
  for await (const { name, body } of untar(Readable.from([gunzipSync(archive)])))
    files.set(name, Buffer.from(await collected(body)));
  const contents = [...files].flatMap(([name, bytes]): [string, Buffer][] =>
    name.startsWith('contents/') ? [[name.slice('contents/'.length), bytes]] : [],
  );
  const record = JSON.parse(files.get('backup.json')!.toString());
  return { record, manifest: files.get('manifest')!, contents: new Map(contents) };
}

/** The archive of these, with the digests of what it holds. */
export async function archiveOf(
  { record, manifest, contents }: Parts,
  complete: object = {},
): Promise<Buffer<ArrayBuffer>> {
  const digests = { plaintext: digestOf(manifest), ciphertext: digestOf(manifest) };
  const bytes = [manifest, ...contents.values()].reduce((sum, { length }) => sum + length, 0);
  const before = { ...(record.complete as object), files: contents.size, bytes };
  const files = [
    ['backup.json', Buffer.from(JSON.stringify({ ...record, complete: { ...before, digests, ...complete } }))],
    ['manifest', manifest],
    ...[...contents].map(([sha256, bytes]) => [`contents/${sha256}`, bytes] as const),
  ] as const;
  return gzipSync(
    await collected(
      tar(
        files.map(([name, bytes]) => ({ name, size: bytes.length, body: [bytes] })),
        0,
      ),
    ),
  );
}

/** Backs a manager up without encryption, and deletes that backup: its parts. */
export async function takenOut(world: VaultWorld, id: string, more: object = {}): Promise<Parts> {
  const given = { backup_name: 'b', encrypt_backup: false, ...more };
  const created = await world.call('POST', `/${id}/backup/create`, given);
  if (created.status !== 201) throw new Error(JSON.stringify(created.body));
  const { body } = await world.call('POST', `/${id}/backup/${given.backup_name}/archive`);
  const archive = await getFile(world.platform.store, body.download_url);
  await world.call('DELETE', `/${id}/backup/${given.backup_name}`);
  return partsOf(archive);
}

/** The same with other models. */
export async function withModels(parts: Parts, change: (models: GivenModel[]) => readonly object[]): Promise<Buffer> {
  const { models, ...head } = JSON.parse(parts.manifest.toString());
  const changed = change(models);
  const manifest = Buffer.from(JSON.stringify({ ...head, models: changed }));
  return archiveOf({ ...parts, manifest }, { models: changed.length });
}

export const upload = (world: VaultWorld, id: string, archive: Uint8Array) =>
  world.call('POST', `/${id}/backup/upload`, undefined, {
    raw: archive,
    headers: { 'content-type': 'application/gzip' },
  });

/** The same, encrypted by whoever has made it, under a password of theirs. */
export async function sealedBy(password: string, parts: Parts): Promise<Buffer> {
  const { account_id, manager_id, id, name } = z
    .object({ account_id: z.string(), manager_id: z.string(), id: z.string(), name: z.string() })
    .parse(parts.record);
  const sealed_for = { accountId: account_id, managerId: manager_id, modelName: `backup/${name}`, revision: id };
  const context = encryptionContext(sealed_for);
  const key = newDataKey();
  const sealed = seal([parts.manifest], { algorithm: 'AES-256-GCM', key, context });
  const manifest = Buffer.from(await collected(sealed.ciphertext));
  const derivation = { algorithm: 'pbkdf2', iterations: 100_000, hash: 'sha256' } as const;
  const wrapped_key = await wrapWithPassword(key, password, derivation, context);
  const encryption = { algorithm: 'AES-256-GCM', key_derivation: 'pbkdf2', wrapped_key, sealed_for };
  return archiveOf({ ...parts, manifest }, { digests: sealed.digests(), encryption });
}
