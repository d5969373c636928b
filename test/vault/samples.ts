import { createCipheriv } from 'node:crypto';
import { encryptionContext } from '#vault/context.ts';
import type { ByteSource } from '#vault/encryption/cipher.ts';

export const model = { accountId: 'a1', managerId: 'production', modelName: 'classifier_v2.1', revision: 'r1' };

export const context = encryptionContext(model);

export async function collect(source: ByteSource): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Bytes without a pattern, the same every time. */
export const bytesOf = (length: number, seed = 1): Buffer =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(length));

/** The bytes in pieces of the given sizes, over and over. */
export function* inPieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
