/**
 * Checksums of the blocks of a content, each a MiB: with them a part of it is compared with what was written, without
 * reading the rest. They are in the row of the blob, as Base64 of 32 bits a block.
 */
import { crc32 } from 'node:zlib';
import { crcCombiner } from './crc-combine.ts';
import type { Sum } from './etag.ts';

export const BLOCK_BYTES = 1_048_576;
/** Of contents up to this size the whole is compared. */
export const LEAST_BYTES = 4 * BLOCK_BYTES;

const afterBlock = crcCombiner(BLOCK_BYTES);

export class BlockSums implements Sum {
  /** Of all bytes so far, those of the last block apart. */
  #whole = 0;
  #sums: number[] = [];
  #sum = 0;
  #bytes = 0;
  #size = 0;

  update(chunk: Uint8Array): void {
    this.#size += chunk.length;
    for (let rest = chunk; rest.length > 0; ) {
      const taken = rest.subarray(0, BLOCK_BYTES - this.#bytes);
      this.#sum = crc32(taken, this.#sum);
      this.#bytes += taken.length;
      if (this.#bytes === BLOCK_BYTES) this.#end();
      rest = rest.subarray(taken.length);
    }
  }

  /** `undefined` for a content that is too small to need them. */
  end(): string | undefined {
    if (this.#bytes > 0) this.#end();
    if (this.#size <= LEAST_BYTES) return undefined;
    return Buffer.from(Uint32Array.from(this.#sums).buffer).toString('base64');
  }

  /** The checksum of all bytes, which are looked at once. */
  get whole(): number {
    if (this.#sums.length === 0) return this.#sum;
    return this.#bytes === 0 ? this.#whole : crcCombiner(this.#bytes)(this.#whole, this.#sum);
  }

  #end(): void {
    this.#whole = this.#bytes === BLOCK_BYTES ? afterBlock(this.#whole, this.#sum) : this.whole;
    this.#sums.push(this.#sum);
    [this.#sum, this.#bytes] = [0, 0];
  }
}

/** The checksum of each block. */
export const sumsOf = (stored: string): Uint32Array => {
  // A copy: a view of 32 bits a number has to begin at a multiple of four.
  const bytes = Uint8Array.from(Buffer.from(stored, 'base64'));
  return new Uint32Array(bytes.buffer);
};
