/** Files of messages whose frames are the parts of an upload: as they are stored, under whichever name. */
import { link, open, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { UploadMessage } from '#domain/ports/blobs/port.ts';
import { syncFolder } from '../folder.ts';
import { processIdentity } from '../process-identity.ts';
import type { Content } from './content-stream.ts';
import type { Contents } from './contents.ts';
import { newName } from './new-name.ts';
import { readPieces } from './read-pieces.ts';
import { keyName } from './view.ts';

/** What opens the message of an upload, while no part of it has come. Of a process that has ended the sweep finds it. */
const offerName = (upload: string): string => `${upload}-${processIdentity()}`;

const whereThere = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

export async function offerMessage(contents: Contents, upload: string, message: UploadMessage): Promise<void> {
  const name = offerName(upload);
  const { frames, ...rest } = message;
  await contents.folder(name, false);
  const sealed = contents.sealed(name, { ...frames, ...rest });
  await writeFile(contents.path(keyName(name)), sealed, { mode: 0o600, flag: 'wx' });
}

/** Only once. `undefined`: it was taken, or there was none. */
export async function takeMessage(contents: Contents, upload: string): Promise<UploadMessage | undefined> {
  const name = offerName(upload);
  // Of several who take it at once one gets it.
  const taken = contents.path(keyName(newName(name)));
  const renamed = await whereThere(rename(contents.path(keyName(name)), taken).then(() => true));
  if (renamed === undefined) return undefined;
  const { parts, partBytes, ...frames } = contents.opened(name, await readFile(taken));
  await unlink(taken);
  return parts === undefined || partBytes === undefined ? undefined : { frames, parts, partBytes };
}

/** Resolves once all of it has ended. Rejects with the first error, when nothing goes on any more that would have to be undone. */
async function allDone(work: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

/** All bytes of a file as it is stored. */
export async function* readStored(contents: Contents, { name }: Content): AsyncGenerator<Buffer> {
  const path = contents.path(name);
  const file = await open(path, 'r');
  const { size } = await file.stat();
  yield* readPieces([{ file, start: 0, end: size - 1 }]);
}

/** Resolves once all bytes of a file are on the disk. */
export async function flush(contents: Contents, { name }: Content): Promise<void> {
  await using file = await open(contents.path(name), 'r+');
  await file.datasync();
}

/**
 * The same files under names of their own, as they are stored: they stay when the others are removed. Resolves once the names
 * are on the disk; that the bytes are is for the caller to see.
 */
export async function linkStored(contents: Contents, of: readonly Content[]): Promise<Content[]> {
  const first = newName();
  const folder = dirname(contents.path(first));
  await contents.folder(first, true);
  // All in one folder, so that there is one to wait for.
  const linked: Content[] = of.map(() => ({ name: newName(first), size: 0 }));
  try {
    await allDone(
      of.map(async ({ name: from }, part) => {
        const { name } = linked[part]!;
        await link(contents.path(from), contents.path(name));
        linked[part] = { name, size: (await stat(contents.path(name))).size };
      }),
    );
    await syncFolder(folder);
    return linked;
  } catch (error) {
    await contents.remove(linked.map(({ name }) => name));
    throw error;
  }
}
