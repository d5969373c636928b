/** The files of an encoder that lie in the store. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { openStored, readStored, type StoredFile } from '#domain/encoders/stored-file.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { EncoderFiles } from './open.ts';

type Hashed = StoredFile & { readonly sha256: string };

/** The first file whose bytes are not those that were stored. Reads all of them. */
export async function damagedFile(
  artifacts: Blobs,
  files: readonly Hashed[],
  prefix: string,
): Promise<string | undefined> {
  for (const stored of files) {
    const hash = createHash('sha256');
    for await (const chunk of readStored(artifacts, prefix, stored)) hash.update(chunk);
    if (hash.digest('hex') !== stored.sha256) return stored.file;
  }
  return undefined;
}

/** @param name where they are from, for people */
export function storedFiles(
  artifacts: Blobs,
  files: readonly Hashed[],
  { name, prefix }: { readonly name: string; readonly prefix: string },
): EncoderFiles {
  const named = (file: string) => files.find((one) => one.file === file)!;
  return {
    name,
    identity: files.map(({ file, sha256 }) => `${file} ${sha256}`).join(' '),
    has: (file) => files.some((one) => one.file === file),
    read: async (file) => buffer(readStored(artifacts, prefix, named(file))),
    open: async (file) => openStored(artifacts, prefix, named(file)),
  };
}
