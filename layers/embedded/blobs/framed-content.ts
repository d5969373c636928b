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
import type { FileHandle } from 'node:fs/promises';
import { DamagedFileError } from '#domain/errors.ts';
import { inPieces, PIECE_BYTES, release } from '#domain/release.ts';
import type { FilePart } from './read-pieces.ts';

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

/** A part of a content in an open file. */
export interface FramedPart extends FilePart {
  readonly secret: Uint8Array;
  readonly name: string;
  /** Of the whole content. */
  readonly size: number;
}

/**
 * Reads on while a frame is used, into memory that is used again; what is decrypted is in memory of its own. Closes the
 * file. Throws `DamagedFileError` before the first frame that is not the one that was written.
 */
export async function* openFrames({ file, secret, name, size, start, end }: FramedPart): AsyncGenerator<Buffer> {
  const key = keyOf(secret, name);
  const storedBytes = (frame: number) => Math.min(FRAME_BYTES, size - frame * FRAME_BYTES) + TAG_BYTES;
  const [first, last] = [Math.floor(start / FRAME_BYTES), Math.floor(end / FRAME_BYTES)];
  const length = Math.max(storedBytes(first), storedBytes(last));
  let [memory, other] = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(first === last ? 0 : length)];
  const read = (frame: number) => {
    const reading = readFully(file, memory.subarray(0, storedBytes(frame)), frame * STORED_BYTES);
    // Whoever asks for the next frame gets the error.
    reading.catch(() => {});
    return reading;
  };
  let reading = read(first);
  try {
    for (let frame = first; frame <= last; frame += 1) {
      const stored = await reading;
      [memory, other] = [other, memory];
      if (frame < last) reading = read(frame + 1);
      let at = frame * FRAME_BYTES;
      for (const piece of opened(key, frame, stored)) {
        const [from, to] = [Math.max(0, start - at), Math.min(piece.length, end + 1 - at)];
        at += piece.length;
        if (from < to) yield piece.subarray(from, to);
      }
    }
  } finally {
    await reading.catch(() => undefined);
    for (const one of [memory, other]) release(one);
    await file.close();
  }
}

/** All of it is authenticated before anything is returned. */
function opened(key: Uint8Array, frame: number, stored: Buffer): readonly Buffer[] {
  const decipher = createDecipheriv(ALGORITHM, key, nonceOf(frame), { authTagLength: TAG_BYTES });
  try {
    decipher.setAuthTag(stored.subarray(-TAG_BYTES));
    const pieces = Array.from(inPieces(stored.subarray(0, -TAG_BYTES)), (piece) => decipher.update(piece));
    decipher.final();
    return pieces;
  } catch {
    throw new DamagedFileError(WHAT);
  }
}

async function readFully(file: FileHandle, memory: Buffer, position: number): Promise<Buffer> {
  for (let filled = 0; filled < memory.length; ) {
    const { bytesRead } = await file.read(memory, filled, memory.length - filled, position + filled);
    if (bytesRead === 0) throw new DamagedFileError(WHAT);
    filled += bytesRead;
  }
  return memory;
}

const WHAT = 'A staged file';
