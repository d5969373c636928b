/** The zip of `torch.save`: one folder with a pickle, and an entry for each memory. */
import type { RandomAccess } from '#domain/random-access.ts';
import { InvalidZipError, type ListedEntry, locateEntry, type ZipEntry, zipDirectory } from '#domain/zip-entries.ts';
import { WeightsError } from './weights-error.ts';
import { expectChecksums, hasChecksums } from './zip-checksums.ts';

/** Which tensors there are, in the folder. */
export const PICKLE = 'data.pkl';

export interface TorchArchive {
  /** Of the folder. Throws `WeightsError` if there is none, or its bytes are compressed. */
  entry(name: string): Promise<ZipEntry>;
  find(name: string): Promise<ZipEntry | undefined>;
  /** @param most the bytes to read of it. Default: all */
  read(entry: ZipEntry, most?: number): Promise<Uint8Array>;
  /** Throws `WeightsError` if the bytes of one are not those that were written, where the zip says which those are. */
  expectSound(entries: Iterable<ZipEntry>): Promise<void>;
}

/**
 * Reads the directory. Each entry that is asked for is another read, once.
 * @throws WeightsError
 */
export async function openArchive(file: RandomAccess): Promise<TorchArchive> {
  const entries = await listedIn(file);
  const folder = folderOf(entries);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const located = new Map<string, ZipEntry>();
  const find = async (name: string): Promise<ZipEntry | undefined> => {
    const listed = byName.get(folder + name);
    if (!listed) return undefined;
    const entry = located.get(name) ?? (await understood(() => locateEntry(file, listed)));
    located.set(name, entry);
    return entry;
  };
  const isSummed = hasChecksums(entries);
  return {
    find,
    read: ({ start, end }, most = end - start) => file.read(start, Math.min(end, start + most)),
    expectSound: async (of) => {
      if (isSummed) await expectChecksums(file, of);
    },
    entry: async (name) => {
      const entry = await find(name);
      if (!entry) throw new WeightsError(`its zip has no ${JSON.stringify(folder + name)}`);
      if (entry.compression !== 'stored')
        throw new WeightsError(`${JSON.stringify(entry.name)} of its zip must be stored; it is compressed`);
      return entry;
    },
  };
}

async function listedIn(file: RandomAccess): Promise<readonly ListedEntry[]> {
  const entries = await understood(() => zipDirectory(file));
  if (entries) return entries;
  throw new WeightsError(
    `it begins as the zip that torch.save writes since PyTorch 1.6, and has no directory at its end: it is cut, to ${file.size} bytes`,
  );
}

function folderOf(entries: readonly ListedEntry[]): string {
  const pickles = entries.filter(({ name }) => name.endsWith(`/${PICKLE}`) && name.split('/').length === 2);
  const [pickle] = pickles;
  if (!pickle || pickles.length > 1)
    throw new WeightsError(`it must be a file of torch.save: a zip with one folder that has ${PICKLE}`);
  return pickle.name.slice(0, -PICKLE.length);
}

async function understood<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof InvalidZipError)) throw error;
    throw new WeightsError(`its zip cannot be read: ${error.message}`, { cause: error });
  }
}
