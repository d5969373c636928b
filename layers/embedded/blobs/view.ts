/**
 * Views: files in plain that are made of an encrypted one whenever they are read. The file of a view is a link to the
 * encrypted one: it takes no room, and stays when the other is deleted. What opens the frames is in a file beside it,
 * encrypted under a key of the secret and the view's name, which is never used again. It is not in the database: what was
 * deleted there may be found in a copy of its file, and the encrypted one stays. A part of an upload that becomes frames of a
 * message is a view from the beginning; then what is linked to is the view.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { DamagedFileError } from '#domain/errors.ts';
import type { UploadMessage } from '#domain/ports/blobs/port.ts';
import { framedName, unframedName } from './framed-content.ts';
import { ALGORITHM, type MessagePart, TAG_BYTES } from './message-frames.ts';

const ENDING = '.view';
const KEY_ENDING = '.key';
const KEY_BYTES = 32;
const IV_BYTES = 12;

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

/** What such a file has: of a view, or of the message of an upload. */
export type StoredFrames = MessagePart & Partial<Omit<UploadMessage, 'frames'>>;

export function sealFrames(secret: Uint8Array, name: string, frames: StoredFrames): Uint8Array {
  const { key, messageId, ...rest } = frames;
  const stored = { key: base64(key), messageId: base64(messageId), ...rest };
  const cipher = createCipheriv(ALGORITHM, keyOf(secret, name), NONCE);
  const text = cipher.update(JSON.stringify(stored), 'utf8');
  cipher.final();
  return Buffer.concat([text, cipher.getAuthTag()]);
}

/** Throws `DamagedFileError`. */
export function openSealedFrames(secret: Uint8Array, name: string, bytes: Uint8Array): StoredFrames {
  try {
    const decipher = createDecipheriv(ALGORITHM, keyOf(secret, name), NONCE, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
    const { key, messageId, ...rest } = JSON.parse(text) as Record<'key' | 'messageId', string> &
      Omit<StoredFrames, 'key' | 'messageId'>;
    return { ...rest, key: Buffer.from(key, 'base64'), messageId: Buffer.from(messageId, 'base64') };
  } catch {
    throw new DamagedFileError('A staged file');
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
