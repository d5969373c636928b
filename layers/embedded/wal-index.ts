import { closeSync, openSync, readSync } from 'node:fs';

/** Of the header, which is there twice: https://www.sqlite.org/walformat.html, section 2.3.1. */
const HEADER_BYTES = 48;

/**
 * The index that SQLite keeps of a database's write-ahead log, in a file that all of its connections share. Each commit, by
 * whichever connection, writes another header: while that is the same, nobody has committed. To look takes one call of the
 * system and no locks, which to ask SQLite takes.
 */
export class WalIndex {
  readonly #path: string;
  #file: number | undefined;
  readonly #seen = new Int32Array(HEADER_BYTES / 4);
  readonly #read = new Int32Array(HEADER_BYTES / 4);

  constructor(database: string) {
    this.#path = `${database}-shm`;
  }

  /** Whether there may have been a commit since the last call; true where there is no such file. */
  hasChanged(): boolean {
    this.#file ??= openIfThere(this.#path);
    if (this.#file === undefined) return true;
    if (readSync(this.#file, this.#read, 0, HEADER_BYTES, 0) < HEADER_BYTES) return true;
    let changed = false;
    for (let i = 0; i < this.#read.length; i++) {
      if (this.#read[i] === this.#seen[i]) continue;
      this.#seen[i] = this.#read[i]!;
      changed = true;
    }
    return changed;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
