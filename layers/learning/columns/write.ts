/** Makes the file of recorded columns of what readers in several threads emit, while they read on. */
import { crc32 } from 'node:zlib';
import { onRelease } from '#domain/release.ts';
import { type Directory, HEADING_BYTES, type Heading, MARK, TAIL_BYTES } from './layout.ts';
import type { Chunk } from './recorder.ts';

/** Stores the file; resolves once it is there. */
export type StoreColumns = (body: AsyncIterable<Uint8Array>) => Promise<unknown>;

/** So many bytes may wait for the store before reading waits for it. */
const MOST_WAITING = 64 * 1_048_576;

export class ColumnsWriter {
  readonly #columns: number;
  readonly #stored: Promise<unknown>;
  /** Chunks of groups of which not all columns have come. */
  readonly #groups = new Map<number, Chunk[]>();
  #nextGroup = 0;
  #rows = 0;
  readonly #pieces: Uint8Array[] = [];
  #waiting = 0;
  #state: 'open' | 'ended' | { readonly error: Error } = 'open';
  #wake = () => {};
  #taken = () => {};
  #failed = false;

  /** @param columns how many there are in all */
  constructor(columns: number, store: StoreColumns) {
    this.#columns = columns;
    this.#stored = store(this.#body()).catch(() => {
      // Trainings read the file instead. Whoever stores it says why.
      this.#failed = true;
      this.#taken();
      this.#pieces.length = 0;
    });
  }

  take(chunk: Chunk): void {
    const group = this.#groups.get(chunk.group) ?? [];
    group.push(chunk);
    this.#groups.set(chunk.group, group);
    // Columns of other threads may be a group ahead.
    for (let next = this.#groups.get(this.#nextGroup); next?.length === this.#columns; ) {
      this.#groups.delete(this.#nextGroup++);
      this.#write(next);
      next = this.#groups.get(this.#nextGroup);
    }
  }

  #write(chunks: readonly Chunk[]): void {
    const inOrder = chunks.toSorted((a, b) => a.column - b.column);
    const { rows } = inOrder[0]!;
    const heading: Heading = {
      rows,
      columns: inOrder.map(({ layout, bytes, crc32, words }) => ({
        ...{ layout, bytes: bytes.length, crc32 },
        ...(words === undefined ? {} : { words }),
      })),
    };
    this.#rows += rows;
    const text = Buffer.from(JSON.stringify(heading));
    this.#push(numbers(text.length, crc32(text)));
    this.#push(text);
    for (const { bytes, inUse } of inOrder) {
      onRelease(bytes, () => Atomics.store(inUse, 0, 0));
      this.#push(bytes);
    }
  }

  #push(piece: Uint8Array): void {
    if (this.#failed || piece.length === 0) return;
    this.#pieces.push(piece);
    this.#waiting += piece.length;
    this.#wake();
  }

  /** Resolves once the store is not too far behind. */
  async room(): Promise<void> {
    while (!this.#failed && this.#waiting > MOST_WAITING)
      await new Promise<void>((resolve) => {
        this.#taken = resolve;
      });
  }

  async *#body(): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let piece = this.#pieces.shift(); piece; piece = this.#pieces.shift()) {
        this.#waiting -= piece.length;
        this.#taken();
        yield piece;
      }
      if (typeof this.#state === 'object') throw this.#state.error;
      if (this.#state === 'ended') return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends the file, after all chunks; nothing is stored where they are not all of the rows. */
  async end(of: Directory): Promise<void> {
    if (this.#rows !== of.rows || this.#groups.size > 0) return this.abort(new Error('not all rows were recorded'));
    const text = Buffer.from(JSON.stringify(of));
    this.#push(text);
    this.#push(Buffer.concat([numbers(text.length, crc32(text)), MARK], TAIL_BYTES));
    this.#state = 'ended';
    this.#wake();
    await this.#stored;
  }

  /** Nothing is stored. */
  async abort(error: Error): Promise<void> {
    if (this.#state === 'open') this.#state = { error };
    this.#wake();
    await this.#stored;
  }
}

function numbers(first: number, second: number): Buffer {
  const bytes = Buffer.alloc(HEADING_BYTES);
  bytes.writeUInt32LE(first, 0);
  bytes.writeUInt32LE(second, 4);
  return bytes;
}
