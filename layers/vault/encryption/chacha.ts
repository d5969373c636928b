/**
 * ChaCha20-Poly1305 (RFC 8439) in frames, after the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, as
 * age and Tink use it: the nonce of a frame is its number and whether it is the last, so that no frame can be left out,
 * repeated, moved or appended. Each message has a key of its own and commits to it, as the AES suite does.
 *
 *     "TYCHACHA" | version 1 | frame bytes, u32 | message id, 32 | commitment, 32 | frame … | last frame
 *     frame: ciphertext | tag, 16. Only the last may be shorter; it is empty only if it is the only one.
 *     nonce: number of the frame, 11 bytes | 1 for the last frame, otherwise 0
 *
 *     HKDF-SHA-512(key, salt: message id, info: LABEL | SHA-256(context)) = message key, 32 | commitment, 32
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { EncryptionContext } from '#domain/ports/keys/port.ts';
import { inPieces } from '#domain/release.ts';
import { contextBytes } from '../context.ts';
import { IntegrityError } from '../errors.ts';
import { type Chunk, chunks, joined } from './chunks.ts';
import { type Cipher, FRAME_BYTES, KEY_BYTES } from './cipher.ts';

const ALGORITHM = 'chacha20-poly1305';
const LABEL = 'trainyard model vault, ChaCha20-Poly1305, version 1\n';
const ID_BYTES = 32;
const COMMITMENT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const PREFIX = Buffer.concat([
  Buffer.from('TYCHACHA\x01', 'latin1'),
  Buffer.from(Uint32Array.of(FRAME_BYTES).buffer).swap32(),
]);
const HEADER_BYTES = PREFIX.length + ID_BYTES + COMMITMENT_BYTES;

export const chacha: Cipher = {
  async *encrypt(plaintext, key, context) {
    const id = randomBytes(ID_BYTES);
    const { messageKey, commitment } = derive(key, id, context);
    let number = 0;
    for await (const chunk of chunks(plaintext, FRAME_BYTES)) {
      // Not before the source has begun: who gives up after the header ends the source, too.
      if (number === 0) yield Buffer.concat([PREFIX, id, commitment]);
      yield* encryptFrame(messageKey, nonceOf(number, chunk.last), chunk);
      number += 1;
    }
  },

  async *decrypt(ciphertext, key, context) {
    let messageKey: Uint8Array | undefined;
    let number = 0;
    for await (const chunk of chunks(ciphertext, FRAME_BYTES + TAG_BYTES, HEADER_BYTES)) {
      const { last } = chunk;
      const bytes = joined(chunk);
      if (messageKey === undefined) {
        if (last) throw new IntegrityError('truncated', 'The stored file was cut off within its header');
        messageKey = openHeader(bytes, key, context);
        continue;
      }
      const empty = bytes.length <= TAG_BYTES;
      if (bytes.length < TAG_BYTES || (empty && number > 0)) throw changed();
      yield* decryptFrame(messageKey, nonceOf(number, last), bytes);
      number += 1;
    }
  },
};

function derive(key: Uint8Array, id: Uint8Array, context: EncryptionContext) {
  const info = Buffer.concat([Buffer.from(LABEL, 'utf8'), createHash('sha256').update(contextBytes(context)).digest()]);
  const derived = new Uint8Array(hkdfSync('sha512', key, id, info, KEY_BYTES + COMMITMENT_BYTES));
  return { messageKey: derived.subarray(0, KEY_BYTES), commitment: derived.subarray(KEY_BYTES) };
}

/** The key of the message, once its commitment is seen to be that of this key and context. */
function openHeader(header: Uint8Array, key: Uint8Array, context: EncryptionContext): Uint8Array {
  if (!PREFIX.equals(header.subarray(0, PREFIX.length))) {
    throw new IntegrityError('format', 'The stored file is not in the format of ChaCha20Poly1305');
  }
  const id = header.subarray(PREFIX.length, PREFIX.length + ID_BYTES);
  const { messageKey, commitment } = derive(key, id, context);
  if (!timingSafeEqual(commitment, header.subarray(PREFIX.length + ID_BYTES))) throw changed();
  return messageKey;
}

function nonceOf(number: number, last: boolean): Uint8Array {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUIntBE(number, NONCE_BYTES - 7, 6);
  nonce[NONCE_BYTES - 1] = last ? 1 : 0;
  return nonce;
}

function* encryptFrame(key: Uint8Array, nonce: Uint8Array, { pieces }: Chunk): Generator<Uint8Array> {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  for (const piece of pieces) for (const part of inPieces(piece)) yield cipher.update(part);
  cipher.final();
  yield cipher.getAuthTag();
}

function decryptFrame(key: Uint8Array, nonce: Uint8Array, frame: Uint8Array): readonly Uint8Array[] {
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(frame.subarray(-TAG_BYTES));
  const pieces = Array.from(inPieces(frame.subarray(0, -TAG_BYTES)), (part) => decipher.update(part));
  try {
    decipher.final();
  } catch {
    throw changed();
  }
  return pieces;
}

const changed = (): IntegrityError =>
  new IntegrityError(
    'changed',
    'The stored file was changed, cut off, or encrypted with another key or for another model',
  );
