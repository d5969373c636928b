/**
 * Views: files in plain that are made of an encrypted one whenever they are read. The file of a view is a link to the
 * encrypted one: it takes no room, and stays when the other is deleted. What opens the frames is in a file beside it,
 * encrypted under a key of the secret and the view's name, which is never used again. It is not in the database: what was
 * deleted there may be found in a copy of its file, and the encrypted one stays.
 *
 *     header │ number, IV │ ciphertext of a frame │ tag │ … │ mark of the end, number, IV, length │ ciphertext │ tag
 *
 * That is the format of the AWS Encryption SDK. Behind frames that are all full there is an empty one, of which nothing is
 * read.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { DamagedFileError } from '#domain/errors.ts';
import type { MessageFrames } from '#domain/ports/blobs/port.ts';
import { framedName, unframedName } from './framed-content.ts';
import type { FrameFormat } from './read-frames.ts';

const ALGORITHM = 'aes-256-gcm';
const ENDING = '.view';
const KEY_ENDING = '.key';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const NUMBER_BYTES = 4;
/** The mark of the end before the number, and the length behind the IV. */
const LAST_BYTES = 4;

/** It is framed as well: nobody needs digests of it. */
export const viewName = (name: string): string => framedName(`${name}${ENDING}`);
export const isView = (name: string): boolean => unframedName(name).endsWith(ENDING);
export const unviewedName = (name: string): string => (name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : name);

/** The file beside that of a view. */
export const keyName = (name: string): string => `${name}${KEY_ENDING}`;
/** The view that such a file is of; any other name as it is. */
export const viewedBy = (name: string): string =>
  name.endsWith(KEY_ENDING) ? name.slice(0, -KEY_ENDING.length) : name;

const keyOf = (secret: Uint8Array, name: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', `trainyard view ${name}`, KEY_BYTES));

const NONCE = Buffer.alloc(IV_BYTES);

export function sealFrames(secret: Uint8Array, name: string, frames: MessageFrames): Uint8Array {
  const { key, messageId, headerBytes, frameBytes } = frames;
  const stored = { key: base64(key), messageId: base64(messageId), headerBytes, frameBytes };
  const cipher = createCipheriv(ALGORITHM, keyOf(secret, name), NONCE);
  const text = cipher.update(JSON.stringify(stored), 'utf8');
  cipher.final();
  return Buffer.concat([text, cipher.getAuthTag()]);
}

/** Throws `DamagedFileError`. */
export function openSealedFrames(secret: Uint8Array, name: string, bytes: Uint8Array): MessageFrames {
  try {
    const decipher = createDecipheriv(ALGORITHM, keyOf(secret, name), NONCE, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
    const { key, messageId, ...rest } = JSON.parse(text) as Record<'key' | 'messageId', string> &
      Pick<MessageFrames, 'headerBytes' | 'frameBytes'>;
    return { key: Buffer.from(key, 'base64'), messageId: Buffer.from(messageId, 'base64'), ...rest };
  } catch {
    throw new DamagedFileError('A staged file');
  }
}

/** Of a plaintext of so many bytes. */
export function formatOf({ key, messageId, headerBytes, frameBytes }: MessageFrames, size: number): FrameFormat {
  const storedBytes = NUMBER_BYTES + IV_BYTES + frameBytes + TAG_BYTES;
  const isLast = (frame: number) => frame === Math.floor(size / frameBytes);
  return {
    bytes: frameBytes,
    place: (frame) => ({
      at: headerBytes + frame * storedBytes,
      bytes: isLast(frame) ? storedBytes - frameBytes + 2 * LAST_BYTES + (size % frameBytes) : storedBytes,
    }),
    begin(frame, stored) {
      const before = isLast(frame) ? LAST_BYTES : 0;
      const [iv, content] = [before + NUMBER_BYTES, before + NUMBER_BYTES + IV_BYTES + before];
      const ciphertext = stored.subarray(content, -TAG_BYTES);
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv(ALGORITHM, key, stored.subarray(iv, iv + IV_BYTES), options);
      decipher.setAAD(additionalData(messageId, isLast(frame), frame + 1, ciphertext.length));
      decipher.setAuthTag(stored.subarray(-TAG_BYTES));
      return { decipher, ciphertext };
    },
  };
}

function additionalData(messageId: Uint8Array, isLast: boolean, number: number, length: number): Buffer {
  const numbers = Buffer.alloc(NUMBER_BYTES + 8);
  numbers.writeUInt32BE(number);
  numbers.writeBigUInt64BE(BigInt(length), NUMBER_BYTES);
  return Buffer.concat([messageId, Buffer.from(`AWSKMSEncryptionClient ${isLast ? 'Final ' : ''}Frame`), numbers]);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
