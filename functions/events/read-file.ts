/** Reads and profiles a dataset's file. */
import { tmpdir } from 'node:os';
import { blobKeys } from '#domain/blob-keys.ts';
import type { Dataset, DatasetFailure } from '#domain/datasets/record.ts';
import { DamagedFileError, UnavailableError, ValidationError } from '#domain/errors.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { timeLeft } from '#functions/time-left.ts';
import { columnsStore } from '#learning/columns/store.ts';
import { damage, damageOf } from '#learning/files/damage.ts';
import { StoredBytes } from '#learning/files/file-bytes.ts';
import { fileHash } from '#learning/files/resumable-hash.ts';
import { recognise } from '#learning/kinds.ts';
import { askedOf } from '#learning/profile/asked.ts';
import type { Profiled } from '#learning/profile/profile.ts';
import { openSource } from '#learning/source.ts';
import { openScratch } from './scratch.ts';

/** A reading failed, and neither a fault of the file nor a store that is unavailable is the cause. */
export class ReadingFailedError extends Error {
  override readonly name = 'ReadingFailedError';
  /** For the dataset's owner. */
  readonly reason: string;
  constructor(reason: string, options: ErrorOptions) {
    super(reason, options);
    this.reason = reason;
  }
}

export interface ReadingOptions {
  readonly milliseconds: number;
  readonly closing?: AbortSignal | undefined;
  /** What the parts of the file that are read already say. */
  readonly checkpoint?: Uint8Array | undefined;
  /** How many threads read a large table. Default: 1. */
  readonly threads?: number;
  /** Of the time, after which the file is read on in another call. */
  readonly share?: number;
  /** On a disk, for a copy of a file that must lie on one. Default: the folder of temporary files. */
  readonly folder?: string;
}

/** Of the time, for reading; the rest is for storing what was found so far. */
const READING_SHARE = 0.9;

/**
 * Resolves with the file's profile, with what is wrong with the file, or with what another call goes on with.
 * @throws ReadingFailedError if it takes longer than `milliseconds`, or the program throws
 * @throws UnavailableError if the store fails, or the host stops
 */
export async function readFile(
  blobs: Pick<Blobs, 'get' | 'head' | 'put'>,
  dataset: Dataset,
  { milliseconds, closing, checkpoint, threads = 1, share = READING_SHARE, folder = tmpdir() }: ReadingOptions,
): Promise<Profiled | { failure: DatasetFailure }> {
  const { account_id, id, sha256: known } = dataset;
  const timeout = timeLeft(milliseconds);
  const signal = closing ? AbortSignal.any([closing, timeout]) : timeout;
  const key = blobKeys.datasetFile(account_id, id);
  const file = await StoredBytes.open(blobs, key, { signal });
  await using scratch = await openScratch(folder);
  const profile = async (): Promise<Profiled> => {
    const given = askedOf(dataset);
    const source = openSource(file, { folder: scratch.folder });
    const kind = await recognise(source);
    if (!kind.profileInParts) return { profile: await kind.profile(source, given) };
    const due = timeLeft(share * milliseconds);
    const hash = (saved?: Uint8Array) => fileHash(file.size, saved);
    const storeColumns = columnsStore(blobs, dataset);
    return kind.profileInParts(source, given, { isDue: () => due.aborted, checkpoint, hash, threads, storeColumns });
  };
  try {
    const read = await profile();
    if (known === undefined || read.profile === undefined || read.profile.sha256 === known) return read;
    return { failure: failureOf(damage(read.profile.sha256, known)) };
  } catch (error) {
    const found = signal.aborted || file.failure ? undefined : await damageIn(blobs, key, { known, signal });
    if (found !== undefined) return { failure: failureOf(found, error) };
    if (error instanceof ValidationError) return { failure: { message: error.message, details: [...error.details] } };
    if (closing?.aborted) throw new UnavailableError('the host is stopping');
    if (timeout.aborted) {
      throw new ReadingFailedError(`reading it takes longer than ${Math.round(milliseconds / 1000)} seconds`, {
        cause: error,
      });
    }
    if (file.failure instanceof Error) {
      throw new UnavailableError(`the file could not be read to its end: ${file.failure.message}`);
    }
    throw new ReadingFailedError('the program failed while it read the file; its log says why', { cause: error });
  }
}

/**
 * What to say if the file is not as it was written: its disk or somebody else has changed it. Otherwise, and where it cannot
 * be read to its end, `undefined`.
 * @param known the SHA-256 that its first reading found. Default: what the store knows of it is compared
 */
async function damageIn(
  blobs: Pick<Blobs, 'get' | 'head'>,
  key: string,
  { known, signal }: { readonly known: string | undefined; readonly signal: AbortSignal },
): Promise<string | undefined> {
  try {
    if (known !== undefined) return await damageOf(await StoredBytes.open(blobs, key, { signal }), known);
    for await (const _ of await StoredBytes.open(blobs, key, { signal, verifiedAs: 'The stored file' }));
    return undefined;
  } catch (error) {
    return error instanceof DamagedFileError ? error.message : undefined;
  }
}

/** The damage, and then what it led to. */
const failureOf = (found: string, error?: unknown): DatasetFailure => ({
  message: found,
  details: [{ field: 'file', message: found }, ...(error instanceof ValidationError ? error.details : [])],
});
