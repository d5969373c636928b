/** The files of an encoder that lie in the store. */
import { buffer } from 'node:stream/consumers';
import { openStored, readStored, type StoredFile } from '#domain/encoders/stored-file.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { EncoderFiles } from './open.ts';

/** @param name where they are from, for people */
export function storedFiles(
  artifacts: Blobs,
  files: readonly (StoredFile & { readonly sha256: string })[],
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
