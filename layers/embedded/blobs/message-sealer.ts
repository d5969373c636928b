/** Encrypts bytes as frames of a message. Nothing may ever be encrypted as the same frames again: see `upload-messages.ts`. */
import { type CipherGCM, createCipheriv } from 'node:crypto';
import { InternalError } from '#domain/errors.ts';
import { PIECE_BYTES } from '#domain/release.ts';
import { ALGORITHM, additionalData, headOf, isLast, ivOf, type MessagePart } from './message-frames.ts';

export class MessageSealer {
  readonly #part: MessagePart;
  readonly #size: number;
  #frame = 0;
  #filled = 0;
  #bytes = 0;
  #cipher: CipherGCM | undefined;

  /** @param size how many bytes there will be */
  constructor(part: MessagePart, size: number) {
    this.#part = part;
    this.#size = size;
  }

  /** In memory of its own. Throws if there are more bytes than there should be. */
  *update(bytes: Uint8Array): Generator<Uint8Array> {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#size) throw this.#anotherSize();
    for (let at = 0; at < bytes.length; ) {
      if (this.#cipher === undefined) yield this.#begin();
      const taken = bytes.subarray(at, at + Math.min(PIECE_BYTES, this.#part.frameBytes - this.#filled));
      yield this.#cipher!.update(taken);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === this.#part.frameBytes) yield this.#finish();
    }
  }

  /** Throws if there are fewer bytes than there should be. */
  *end(): Generator<Uint8Array> {
    if (this.#bytes < this.#size) throw this.#anotherSize();
    if (!isLast(this.#part, this.#size, this.#frame)) return;
    if (this.#cipher === undefined) yield this.#begin();
    yield this.#finish();
  }

  /** What is before the ciphertext. */
  #begin(): Uint8Array {
    const [part, frame] = [this.#part, this.#frame];
    const last = isLast(part, this.#size, frame);
    const length = last ? this.#size % part.frameBytes : part.frameBytes;
    this.#cipher = createCipheriv(ALGORITHM, part.key, ivOf(part, frame));
    this.#cipher.setAAD(additionalData(part, frame, last, length));
    return headOf(part, frame, last, length);
  }

  /** The tag. */
  #finish(): Uint8Array {
    this.#cipher!.final();
    const tag = this.#cipher!.getAuthTag();
    this.#cipher = undefined;
    this.#frame += 1;
    this.#filled = 0;
    return tag;
  }

  #anotherSize = (): Error => new InternalError(`a part of ${this.#size} bytes has ${this.#bytes}`);
}
