import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { InsufficientStorageError } from '#domain/errors.ts';

export interface DiskSpaceOptions {
  /** How large the reserve is. */
  readonly reserveBytes?: number;
  /** The free bytes of the disk that a folder is on. */
  readonly freeBytes?: (dir: string) => number;
}

const RESERVE_BYTES = 8 * 2 ** 20;
const CHUNK_BYTES = 2 ** 20;

/**
 * Room for the database on a full disk. Files are refused before the disk is full, and a file of random bytes is a reserve:
 * it is removed when something else has filled the disk, so that logins, deletions and what is in progress can still be
 * recorded.
 *
 *     free  ├───────────── files ─────────────┼── floor ──┤ 0
 *                                              refused: 507   the reserve is removed, the database goes on
 */
export class DiskSpace {
  readonly #dir: string;
  readonly #reserve: string;
  readonly #reserveBytes: number;
  readonly #freeBytes: (dir: string) => number;

  /** @param reserve the path of the reserve, on the same disk as the folder */
  constructor(
    dir: string,
    reserve: string,
    { reserveBytes = RESERVE_BYTES, freeBytes = freeBytesOf }: DiskSpaceOptions = {},
  ) {
    this.#dir = dir;
    this.#reserve = reserve;
    this.#reserveBytes = reserveBytes;
    this.#freeBytes = freeBytes;
  }

  get free(): number {
    return this.#freeBytes(this.#dir);
  }

  /** For whoever is about to write a file. Throws `InsufficientStorageError` where only the database may still write. */
  expectRoom(): void {
    const { free } = this;
    if (free < this.#reserveBytes) throw new InsufficientStorageError(free);
  }

  /** Makes the reserve unless it is there or would take what is left. */
  hold(): void {
    if (this.free < 3 * this.#reserveBytes) return;
    let file: number;
    try {
      file = openSync(this.#reserve, 'wx', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      throw error;
    }
    try {
      for (let at = 0; at < this.#reserveBytes; at += CHUNK_BYTES) writeSync(file, randomBytes(CHUNK_BYTES));
    } finally {
      closeSync(file);
    }
  }

  /** Removes the reserve if the disk is full. False: it is not, or there was none. */
  release(): boolean {
    if (this.free >= this.#reserveBytes) return false;
    try {
      rmSync(this.#reserve);
      return true;
    } catch {
      return false;
    }
  }
}

/** Whether a file could not be written because the disk, or the account's part of it, is full. */
export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

export const freeBytesOf = (dir: string): number => {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
};
