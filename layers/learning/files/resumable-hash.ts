import { type FileHash, plainHash } from './source-bytes.ts';

/** One that can be stored at any time. */
export interface StoredHash extends FileHash {
  save(): Uint8Array;
}

/** Node.js cannot store a hash before its end; WebAssembly can, at a fifth of its speed. Smaller files are read in one go. */
export const LONG_BYTES = 2 ** 30;

/** @param saved what `save` has returned */
export async function fileHash(bytes: number, saved?: Uint8Array): Promise<FileHash> {
  return bytes < LONG_BYTES && saved === undefined ? plainHash() : resumableHash(saved);
}

/** @param saved what `save` has returned */
export async function resumableHash(saved?: Uint8Array): Promise<StoredHash> {
  const { createSHA256 } = await import('./sha256.ts');
  const hash = await createSHA256();
  hash.init();
  if (saved) hash.load(saved);
  return { update: (chunk) => void hash.update(chunk), hex: () => hash.digest('hex'), save: () => hash.save() };
}
