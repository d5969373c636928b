/**
 * Contents that would lie in their file in plain otherwise: encrypted and authenticated in frames, so that any part of one
 * can be read by itself, and what was changed is never taken for what was written.
 *
 *     frame 0: ciphertext of 1 MiB | tag, 16 ── frame 1 … ── the last, which may be shorter
 *     key: HKDF-SHA-256 of the secret and the content's name; nonce: the number of the frame
 *
 * A name is never used again, and neither is its key. How many frames there are says the size in the content's row.
 */
import { type CipherGCM, createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { PIECE_BYTES } from '#domain/release.ts';
import type { FrameFormat } from './read-frames.ts';

const ALGORITHM = 'aes-256-gcm';
const ENDING = '.framed';
export const FRAME_BYTES = 1_048_576;
const TAG_BYTES = 16;
const STORED_BYTES = FRAME_BYTES + TAG_BYTES;
const NONCE_BYTES = 12;
const KEY_BYTES = 32;

/** The name says how a content is stored. */
export const framedName = (name: string): string => `${name}${ENDING}`;
export const isFramed = (name: string): boolean => name.endsWith(ENDING);
export const unframedName = (name: string): string => (isFramed(name) ? name.slice(0, -ENDING.length) : name);

function keyOf(secret: Uint8Array, name: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `trainyard framed content ${name}`, KEY_BYTES));
}

function nonceOf(frame: number): Uint8Array {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUIntBE(frame, NONCE_BYTES - 6, 6);
  return nonce;
}

/** Encrypts the bytes of a new content as they come. */
export class FrameSealer {
  readonly #key: Uint8Array;
  #frame = 0;
  #filled = 0;
  #cipher: CipherGCM | undefined;

  constructor(secret: Uint8Array, name: string) {
    this.#key = keyOf(secret, name);
  }

  /** In memory of its own. */
  *update(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      this.#cipher ??= createCipheriv(ALGORITHM, this.#key, nonceOf(this.#frame));
      const taken = bytes.subarray(at, at + Math.min(PIECE_BYTES, FRAME_BYTES - this.#filled));
      yield this.#cipher.update(taken);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === FRAME_BYTES) yield* this.end();
    }
  }

  /** Of the last frame. */
  *end(): Generator<Uint8Array> {
    if (this.#cipher === undefined) return;
    this.#cipher.final();
    yield this.#cipher.getAuthTag();
    this.#frame += 1;
    this.#filled = 0;
    this.#cipher = undefined;
  }
}

/** Of a content of that size. */
export function framesOf(secret: Uint8Array, name: string, size: number): FrameFormat {
  const key = keyOf(secret, name);
  return {
    bytes: FRAME_BYTES,
    place: (frame) => ({
      at: frame * STORED_BYTES,
      bytes: Math.min(FRAME_BYTES, size - frame * FRAME_BYTES) + TAG_BYTES,
    }),
    begin(frame, stored) {
      const decipher = createDecipheriv(ALGORITHM, key, nonceOf(frame), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(stored.subarray(-TAG_BYTES));
      return { decipher, ciphertext: stored.subarray(0, -TAG_BYTES) };
    },
  };
}
