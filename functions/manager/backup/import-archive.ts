/** Takes a backup back from its archive, in a stream: an archive of any size, in constant memory. */
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { blobKeys } from '#domain/blob-keys.ts';
import { ConflictError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { roomFor } from '#domain/installation/storage.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { Write } from '#domain/ports/table/port.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { type Backup, type CompleteBackup, completeBackup as recordSchema } from '#domain/vault/backup.ts';
import { completeBackup, discardBackup, listBackups, startBackup, touchBackup } from '#domain/vault/backups.ts';
import { holdContent, releaseContent } from '#domain/vault/contents.ts';
import { BackupExistsError } from '#domain/vault/errors.ts';
import type { Compared } from '#domain/vault/intact.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { backupName } from '#domain/vault/names.ts';
import { expectArchiveUpload } from '#domain/vault/uploads.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import { collected } from '../models/seal.ts';
import { peeked } from '../peeked.ts';
import type { VaultServices } from '../services.ts';
import { ARCHIVE } from './archive.ts';
import { expectComplete } from './expect-complete.ts';
import { MOST_MODEL_BYTES } from './parse-manifest.ts';
import { invalidArchive, isTar, TAR_BYTES, type UnpackedFile, untar } from './tar.ts';

/** Files that are encrypted get no smaller by gzip: what unpacks to more is none of ours. */
const LARGEST_RATIO = 4;
const SLACK_BYTES = 1_048_576;
const RECORD_BYTES = 1_048_576;
const ABANDONED_MS = 3_600_000;
/** Of a manifest without models, and what encryption adds to one with them. */
const ENVELOPE_BYTES = 1_048_576;
/** 30,000 models with 4 KiB each. */
const MOST_MANIFEST_BYTES = 134_217_728;
const TOUCH_MS = 600_000;

export interface GivenArchive {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly size: number;
  /** The upload in parts that it came in: one that was interrupted is gone on with. */
  readonly upload?: string;
}

const ofUpload = ({ upload }: GivenArchive) => (upload === undefined ? {} : { upload });

/**
 * Adds the backup of an archive, which may have been deleted since. Nothing stays of one that is refused. Throws
 * `ValidationError` for what is no archive of this manager, and `BackupExistsError`.
 */
export async function importArchive(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  archive: GivenArchive,
): Promise<CompleteBackup> {
  const files = untar(expanded(archive));
  try {
    const found = { ...(await recordOf(files, manager, services.adapters.now())), ...ofUpload(archive) };
    const also = archive.upload === undefined ? [] : [expectArchiveUpload(manager, archive.upload)];
    return await addBackup(services, manager, by, found, { files, also, ...FROM_OUTSIDE });
  } finally {
    await files.return();
  }
}

/** Where the manifest and the contents of a backup come from. */
export interface Source {
  readonly files: AsyncIterable<UnpackedFile>;
  /** Whether a file is read to its end also where there is one of its hash. */
  readonly readsAll: boolean;
  /** What is compared of the one that there is. */
  readonly compared: (sha256: string) => Compared;
  /** Whether anybody may have made it. */
  readonly isOutside: boolean;
  /** Written in the transaction that completes it. */
  readonly also?: readonly Write[];
  /** The error for files that are not those of the backup. */
  readonly refused: (why: string) => Error;
}

/** An archive is taken for what its bytes are, and takes the place of what was damaged. */
const FROM_OUTSIDE: Omit<Source, 'files' | 'also'> = {
  readsAll: true,
  compared: () => 'bytes',
  isOutside: true,
  refused: invalidArchive,
};

/** Adds a backup. Throws `BackupExistsError`. */
export async function addBackup(
  services: VaultServices,
  manager: Pick<Manager, 'account_id' | 'id'>,
  by: Actor,
  found: CompleteBackup,
  source: Source,
): Promise<CompleteBackup> {
  const { table, now } = services.adapters;
  const other = (await listBackups(table, manager)).find(({ id, name }) => id === found.id || name === found.name);
  if (other && other.upload !== undefined && other.upload === found.upload) return other;
  if (other) throw new BackupExistsError(manager.id, found.name);
  const { complete, ...started } = found;
  await startOrGoOn(services, started);
  try {
    await storeFiles(services, found, source);
    const done = { ...started, complete };
    await completeBackup(table, done, by, now, source.also);
    return done;
  } catch (error) {
    // What cannot be cleaned up now, the schedule cleans up later.
    await discardBackup(table, services.adapters.blobs.backups, started, now).catch((left: unknown) =>
      services.logger.error('a refused archive is not cleaned up yet', { error: left as Error }),
    );
    throw error;
  }
}

/** An earlier try of the same upload may have been interrupted. */
async function startOrGoOn({ adapters: { table, now } }: VaultServices, started: Backup): Promise<void> {
  try {
    await startBackup(table, started, now());
  } catch (error) {
    if (!(error instanceof BackupExistsError) || started.upload === undefined) throw error;
    await touchBackup(table, started, now()).catch(() => Promise.reject(error));
  }
}

/** The first file. */
async function recordOf(
  files: AsyncGenerator<UnpackedFile, void>,
  manager: Manager,
  now: number,
): Promise<CompleteBackup> {
  const { value: first } = await files.next();
  if (!first?.isFile || first.name !== ARCHIVE.record) throw invalidArchive(`it does not begin with ${ARCHIVE.record}`);
  if (first.size > RECORD_BYTES) throw invalidArchive(`its ${ARCHIVE.record} has ${first.size} bytes`);
  return parsedRecord(Buffer.from(await collected(first.body)).toString('utf8'), manager, now);
}

/** Nothing vouches for a record that comes from outside: what becomes a part of keys and names is checked as if it were asked for. */
const givenRecord = recordSchema.extend({ id: z.uuid(), name: backupName, created_at: z.iso.datetime() });

/** By how much the clocks of those who make backups may differ. */
const CLOCK_MS = 86_400_000;

function parsedRecord(text: string, manager: Manager, now: number): CompleteBackup {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalidArchive(`its ${ARCHIVE.record} is not JSON`);
  }
  const found = givenRecord.safeParse(json);
  if (!found.success) {
    const { path, message } = found.error.issues[0]!;
    throw invalidArchive(`its ${ARCHIVE.record} is not that of a backup: ${[...path, message].join(' ')}`);
  }
  if (found.data.account_id !== manager.account_id || found.data.manager_id !== manager.id) {
    throw new ConflictError(`The archive is of another manager than '${manager.id}'`);
  }
  if (Date.parse(found.data.created_at) > now + CLOCK_MS) {
    throw invalidArchive(`its created_at is not over yet: ${found.data.created_at}`);
  }
  // What was made by schedule is kept from then on: somebody has asked for it.
  const { expires_at: _, upload: __, ...rest } = found.data;
  return { ...rest, kind: 'named' };
}

async function storeFiles(
  services: VaultServices,
  found: CompleteBackup,
  { files, readsAll, compared, isOutside, refused }: Source,
): Promise<void> {
  const { table, blobs, now } = services.adapters;
  const { account_id, manager_id, id, complete } = found;
  const room = (bytes: number) => roomFor(table, account_id, bytes, services.settings.caps);
  const contents = new Map<string, number>();
  let hasManifest = false;
  let touched = now();
  for await (const { name, isFile, size, body } of files) {
    // Of who has unpacked it, and packed it anew.
    if (!isFile && name === ARCHIVE.contents) continue;
    if (!isFile) throw refused(`it has ${shown(name)}, which is no file`);
    // What nobody has touched for an hour was abandoned.
    if (now() - touched >= TOUCH_MS) {
      const { complete: _, ...started } = found;
      await touchBackup(table, started, now());
      touched = now();
    }
    if (name === ARCHIVE.manifest) {
      if (hasManifest) throw refused(`it has ${ARCHIVE.manifest} twice`);
      if (isOutside) expectManifestSize(size, complete, refused);
      const prefix = blobKeys.backupPrefix(account_id, manager_id, id);
      await table.transact([markOrphaned('backups', prefix, now() + ABANDONED_MS)]);
      const { sha256 } = complete.digests.ciphertext;
      const changed = () => refused(`its ${ARCHIVE.manifest} was changed`);
      await blobs.backups.put(blobKeys.backupManifest(account_id, manager_id, id), ownBytes(sha256, body, changed));
      hasManifest = true;
    } else if (name.startsWith(ARCHIVE.contents)) {
      const sha256 = name.slice(ARCHIVE.contents.length);
      if (contents.has(sha256)) throw refused(`it has ${shown(name)} twice`);
      const own = ownBytes(sha256.startsWith(`${id}-`) ? undefined : sha256, body, () => refused('a file was changed'));
      const of = { sha256, bytes: size, place: newId(now()), read: () => own, compared: compared(sha256) };
      const given = { ...of, room: isOutside ? room : undefined };
      await holdContent(table, blobs.backups, found, given, now());
      // It has ended where it was stored.
      if (readsAll) for await (const _ of own);
      contents.set(sha256, size);
    } else throw refused(`it has the file ${shown(name)}, which is none of a backup`);
  }
  if (!hasManifest) throw refused(`it has no ${ARCHIVE.manifest}`);
  for (const sha256 of await expectComplete(services, found, contents, refused)) {
    await releaseContent(table, blobs.backups, found, sha256, now());
  }
}

/** A name of an archive may be anything. */
const shown = (name: string): string => JSON.stringify(name);

/** Before anything of it is stored, or read into memory. */
function expectManifestSize(size: number, of: CompleteBackup['complete'], refused: Source['refused']): void {
  const { models, digests } = of;
  const most = Math.min(MOST_MANIFEST_BYTES, ENVELOPE_BYTES + models * MOST_MODEL_BYTES);
  if (size > most)
    throw refused(`its ${ARCHIVE.manifest} has ${size} bytes; one of ${models} models has at most ${most}`);
  // It counts in the account.
  const { bytes } = digests.ciphertext;
  if (size !== bytes) throw refused(`its ${ARCHIVE.manifest} has ${size} bytes, and ${bytes} by its record`);
}

/** Other backups share files by their hash: what does not have the hash that it says would take their place. */
async function* ownBytes(
  sha256: string | undefined,
  body: AsyncIterable<Uint8Array>,
  changed: () => Error,
): AsyncGenerator<Uint8Array> {
  const digesting = new Digesting(body);
  yield* digesting;
  if (sha256 !== undefined && digesting.digest().sha256 !== sha256) throw changed();
}

async function* expanded({ bytes, size }: GivenArchive): AsyncGenerator<Uint8Array> {
  const { first, whole } = await peeked(bytes, TAR_BYTES);
  if (isTar(Buffer.concat(first))) return yield* whole;
  const source = Readable.from(whole);
  const most = LARGEST_RATIO * size + SLACK_BYTES;
  const plain = createGunzip();
  pipeline(source, plain, () => undefined);
  let length = 0;
  try {
    for await (const chunk of plain) {
      length += chunk.length;
      if (length > most) break;
      yield chunk;
    }
  } catch (error) {
    throw refused(error);
  }
  if (length > most) throw invalidArchive(`it unpacks to more than ${LARGEST_RATIO} times its size`);
}

/** What gunzip says, in words; an error of the source passes through as it is. */
function refused(error: unknown): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return invalidArchive('it was cut off');
  if (code.startsWith('Z_')) return invalidArchive('it is not compressed with gzip, or was changed');
  return error;
}
