import { setImmediate as nextTurn } from 'node:timers/promises';

/** After so many milliseconds others have their turn: what is read may be in memory as a whole. */
const TURN_MS = 10;

/** Takes bytes off a stream, piece by piece, and knows where it is. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  /** The next one is the last of them. */
  readonly #pieces: Uint8Array[] = [];
  #position: number;
  #turn = performance.now();

  /** @param position of the first byte of the stream */
  constructor(source: AsyncIterable<Uint8Array>, position = 0) {
    this.#source = source[Symbol.asyncIterator]();
    this.#position = position;
  }

  /** Of the next byte. */
  get position(): number {
    return this.#position;
  }

  /** The next bytes: at least one, and at most so many. `undefined` at the end. */
  async piece(most: number): Promise<Uint8Array | undefined> {
    if (performance.now() - this.#turn > TURN_MS) {
      await nextTurn();
      this.#turn = performance.now();
    }
    while (this.#pieces.length === 0) {
      const next = await this.#source.next();
      if (next.done) return undefined;
      if (next.value.length > 0) this.#pieces.push(next.value);
    }
    const next = this.#pieces.pop()!;
    if (next.length > most) this.#pieces.push(next.subarray(most));
    const piece = next.subarray(0, most);
    this.#position += piece.length;
    return piece;
  }

  /** The next bytes, so many or as many as there are, in memory of their own. */
  async atMost(bytes: number): Promise<Buffer> {
    const all = Buffer.allocUnsafe(bytes);
    for (let filled = 0; filled < bytes; ) {
      const piece = await this.piece(bytes - filled);
      if (piece === undefined) return all.subarray(0, filled);
      all.set(piece, filled);
      filled += piece.length;
    }
    return all;
  }

  /** The next bytes, exactly so many. `undefined` where there are fewer. */
  async exactly(bytes: number): Promise<Buffer | undefined> {
    const next = await this.atMost(bytes);
    return next.length === bytes ? next : undefined;
  }

  /** They were taken last, and are the next ones again. */
  putBack(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#pieces.push(bytes);
    this.#position -= bytes.length;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
