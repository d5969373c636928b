/**
 * The frames of a message in the format of the AWS Encryption SDK, or of a part of one:
 *
 *     number, IV │ ciphertext of a frame │ tag │ … │ mark of the end, number, IV, length │ ciphertext │ tag
 *
 * Behind frames that are all full there is an empty one at the end of the message, of which nothing is read.
 */
import { createDecipheriv } from 'node:crypto';
import type { MessageFrames } from '#domain/ports/blobs/port.ts';
import type { FrameFormat } from './read-frames.ts';

/** What opens frames that lie in one file. */
export interface MessagePart extends MessageFrames {
  /** How many frames of the message are in other files before. Default: none. */
  readonly before?: number;
  /** Whether more frames follow in other files: then each of these is full. Default: no. */
  readonly isCut?: boolean;
}

export const ALGORITHM = 'aes-256-gcm';
export const TAG_BYTES = 16;
const IV_BYTES = 12;
const NUMBER_BYTES = 4;
/** The mark of the end before the number, and the length behind the IV. */
const LAST_BYTES = 4;
const END = 0xffffffff;

/** What a full frame takes beside its plaintext. */
export const FRAME_OVERHEAD = NUMBER_BYTES + IV_BYTES + TAG_BYTES;

/** Frames count from 0 within a file, and from 1 within the message. */
const numberOf = ({ before = 0 }: MessagePart, frame: number): number => before + frame + 1;

/** Whether that is the frame at the end of the message, of a part with so many bytes of plaintext. */
export const isLast = ({ isCut = false, frameBytes }: MessagePart, size: number, frame: number): boolean =>
  !isCut && frame === Math.floor(size / frameBytes);

/** What is authenticated beside the ciphertext. `length` is the ciphertext's. */
export function additionalData(part: MessagePart, frame: number, last: boolean, length: number): Buffer {
  const numbers = Buffer.alloc(NUMBER_BYTES + 8);
  numbers.writeUInt32BE(numberOf(part, frame));
  numbers.writeBigUInt64BE(BigInt(length), NUMBER_BYTES);
  return Buffer.concat([part.messageId, Buffer.from(`AWSKMSEncryptionClient ${last ? 'Final ' : ''}Frame`), numbers]);
}

/** As the SDK has it: the number of the frame. */
export function ivOf(part: MessagePart, frame: number): Buffer {
  const iv = Buffer.alloc(IV_BYTES);
  iv.writeUInt32BE(numberOf(part, frame), IV_BYTES - NUMBER_BYTES);
  return iv;
}

/** What is before the ciphertext of a frame. */
export function headOf(part: MessagePart, frame: number, last: boolean, length: number): Buffer {
  const number = Buffer.alloc(NUMBER_BYTES);
  number.writeUInt32BE(numberOf(part, frame));
  if (!last) return Buffer.concat([number, ivOf(part, frame)]);
  const [mark, bytes] = [Buffer.alloc(LAST_BYTES), Buffer.alloc(LAST_BYTES)];
  mark.writeUInt32BE(END);
  bytes.writeUInt32BE(length);
  return Buffer.concat([mark, number, ivOf(part, frame), bytes]);
}

/** Of a plaintext of so many bytes. */
export function formatOf(part: MessagePart, size: number): FrameFormat {
  const { key, headerBytes, frameBytes } = part;
  const storedBytes = frameBytes + FRAME_OVERHEAD;
  return {
    bytes: frameBytes,
    place: (frame) => ({
      at: headerBytes + frame * storedBytes,
      bytes: isLast(part, size, frame) ? FRAME_OVERHEAD + 2 * LAST_BYTES + (size % frameBytes) : storedBytes,
    }),
    begin(frame, stored) {
      const last = isLast(part, size, frame);
      const before = last ? LAST_BYTES : 0;
      const [iv, content] = [before + NUMBER_BYTES, before + NUMBER_BYTES + IV_BYTES + before];
      const ciphertext = stored.subarray(content, -TAG_BYTES);
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv(ALGORITHM, key, stored.subarray(iv, iv + IV_BYTES), options);
      decipher.setAAD(additionalData(part, frame, last, ciphertext.length));
      decipher.setAuthTag(stored.subarray(-TAG_BYTES));
      return { decipher, ciphertext };
    },
  };
}
