/**
 * Memory for columns of a Parquet file as they lie there, which other threads can read and the next columns are put into: what
 * the system gives anew it clears page by page, which takes longer than to read a file that is in its cache.
 */
export class ColumnMemory {
  readonly #free: Uint8Array[] = [];

  /** Of at least so many bytes. Give it back with `give`. */
  take(bytes: number): Uint8Array {
    const fits = this.#free.findIndex(({ length }) => length >= bytes);
    if (fits >= 0) return this.#free.splice(fits, 1)[0]!;
    // Columns of a file mostly have about as many bytes: one that is too small is not used again.
    this.#free.pop();
    return new Uint8Array(new SharedArrayBuffer(bytes + (bytes >> 3)));
  }

  /** Nobody reads it any more. */
  give(memory: Uint8Array): void {
    this.#free.push(memory);
  }
}
