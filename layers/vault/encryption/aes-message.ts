/** Opens messages in the format of the AWS Encryption SDK, with the SDK's own parsers and deciphers, without its streams. */
import {
  type CommitmentPolicy,
  CommitmentPolicySuites,
  getDecryptionHelper,
  NodeAlgorithmSuite,
  type NodeDefaultCryptographicMaterialsManager,
  unwrapDataKey,
} from '@aws-crypto/material-management-node';
import { nodeKdf } from '@aws-crypto/material-management-node/build/main/src/material_helpers.js';
import { aadFactory, ContentType, decodeBodyHeader, deserializeFactory, type HeaderInfo } from '@aws-crypto/serialize';
import type { MessageFrames } from '#domain/ports/blobs/port.ts';
import { inPieces } from '#domain/release.ts';
import { IntegrityError } from '../errors.ts';
import type { ByteReader } from './byte-reader.ts';
import { FRAME_BYTES } from './cipher.ts';
import type { Hash } from './hash.ts';

type Decryption = ReturnType<typeof getDecryptionHelper>;

export interface OpenedMessage {
  readonly header: HeaderInfo;
  readonly getDecipher: ReturnType<Decryption['getDecipherInfo']>;
  /** What opens the frames without the key. */
  readonly frames: () => MessageFrames;
  /** Overwrites the key. */
  readonly dispose: () => void;
}

/** What a header takes at most: its context and its one wrapped key have lengths of two bytes each. */
const HEADER_BYTES = 4 * 65_536;
/** Of a frame: its number, its IV, and in the last one the mark of the end and the length. */
const FRAME_HEADER_BYTES = 4 + 4 + 12 + 4;
const TAG_BYTES = 16;

const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
const { deserializeMessageHeader } = deserializeFactory(utf8, NodeAlgorithmSuite);
const { messageAAD, messageAADContentString } = aadFactory((text) => Buffer.from(text, 'utf8'));

/** Takes the header. Throws where it is not authentic, does not commit to the key, or is in another format. */
export async function openMessage(
  reader: ByteReader,
  materials: NodeDefaultCryptographicMaterialsManager,
  policy: CommitmentPolicy,
): Promise<OpenedMessage> {
  const header = await parseHeader(reader);
  const { algorithmSuite, messageHeader, rawHeader, headerAuth } = header;
  const { messageId, encryptionContext, encryptedDataKeys, contentType, frameLength } = messageHeader;
  CommitmentPolicySuites.isDecryptEnabled(policy, algorithmSuite, Buffer.from(messageId).toString('hex'));
  if (!('suiteData' in messageHeader) || contentType !== ContentType.FRAMED_DATA || frameLength > FRAME_BYTES) {
    throw new IntegrityError('format', 'The stored file is not in the format of AES-256-GCM');
  }
  const suite = new NodeAlgorithmSuite(algorithmSuite.id);
  const material = await materials.decryptMaterials({ suite, encryptionContext, encryptedDataKeys });
  const { getDecipherInfo, dispose } = getDecryptionHelper(material);
  const { suiteData } = messageHeader;
  const getDecipher = getDecipherInfo(messageId, suiteData);
  const decipher = getDecipher(headerAuth.headerIv);
  decipher.setAAD(asBuffer(rawHeader));
  decipher.setAuthTag(asBuffer(headerAuth.headerAuthTag));
  decipher.final();
  const headerBytes = rawHeader.length + headerAuth.headerAuthLength;
  reader.take(headerBytes);
  const frames = () => {
    const { derivedKey } = nodeKdf(material, messageId, suiteData);
    // A copy: the SDK's own is not ours to keep.
    return { key: Uint8Array.from(unwrapDataKey(derivedKey)), messageId, headerBytes, frameBytes: frameLength };
  };
  return { header, getDecipher, frames, dispose };
}

async function parseHeader(reader: ByteReader): Promise<HeaderInfo> {
  for (let bytes = 1024; bytes <= HEADER_BYTES; bytes *= 4) {
    await reader.has(bytes);
    // What is parsed has views of the bytes, which outlast them.
    const header = deserializeMessageHeader(Buffer.from(reader.peek(bytes)), { maxEncryptedDataKeys: 1 });
    if (header !== false) return header;
  }
  throw new Error('the header is cut off');
}

interface Frame {
  readonly iv: Uint8Array;
  readonly additionalData: Buffer;
  readonly length: number;
  readonly last: boolean;
}

/** Takes what is before the ciphertext of a frame. Throws where all of it is not there, or it is another one. */
async function beginFrame(reader: ByteReader, header: HeaderInfo, number: number): Promise<Frame> {
  await reader.has(FRAME_HEADER_BYTES);
  const frame = decodeBodyHeader(reader.peek(FRAME_HEADER_BYTES), header, 0);
  if (frame === false || frame.sequenceNumber !== number) throw new Error('the frame is cut off, or another one');
  const { contentLength: length, isFinalFrame: last, iv, readPos } = frame;
  reader.take(readPos);
  if (!(await reader.has(length + TAG_BYTES))) throw new Error('the frame is cut off');
  const { contentType, messageId } = header.messageHeader;
  const content = messageAADContentString({ contentType, isFinalFrame: last });
  return { iv, additionalData: asBuffer(messageAAD(messageId, content, number, length)), length, last };
}

/** Takes a frame. Throws where it is not authentic, or not the one with that number. */
export async function decipherFrame(
  reader: ByteReader,
  { header, getDecipher }: OpenedMessage,
  number: number,
): Promise<{ readonly plaintext: readonly Uint8Array[]; readonly last: boolean }> {
  const { iv, additionalData, length, last } = await beginFrame(reader, header, number);
  const decipher = getDecipher(iv);
  decipher.setAAD(additionalData);
  const plaintext = reader
    .take(length)
    .flatMap((piece) => Array.from(inPieces(piece), (part) => decipher.update(asBuffer(part))));
  decipher.setAuthTag(Buffer.concat(reader.take(TAG_BYTES)));
  decipher.final();
  reader.taken();
  return { plaintext, last };
}

/** Takes a frame and has it decrypted and hashed. Whether it is authentic is known with the digest. */
export async function hashFrame(
  reader: ByteReader,
  { header }: OpenedMessage,
  key: Uint8Array,
  number: number,
  hash: Hash,
): Promise<{ readonly bytes: number; readonly last: boolean }> {
  const { iv, additionalData, length, last } = await beginFrame(reader, header, number);
  // A copy: the bytes that it is part of are not all given away.
  hash.begin({ key, iv: Uint8Array.from(iv), additionalData });
  for (const piece of reader.take(length)) await hash.update(piece);
  hash.end(Buffer.concat(reader.take(TAG_BYTES)));
  reader.taken();
  return { bytes: length, last };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
