/** Opens a file of images that lies on a disk. */
import { fileFault } from '../csv/fault.ts';
import { isZip } from '../files/archive.ts';
import { type FileBytes, openFileBytes } from '../files/file-bytes.ts';
import { isNpy } from '../files/npy.ts';
import { openZip, type ZipEntry } from '../files/zip.ts';
import type { Source } from '../source.ts';

export interface OpenedEntries extends AsyncDisposable {
  readonly entries: readonly ZipEntry[];
}

/**
 * @param unlabelled whether the images need no labels, so that one array is enough
 * @throws ValidationError with field `file`
 */
export async function openEntries(source: Source, unlabelled = false): Promise<OpenedEntries> {
  const head = await source.head();
  if (!isZip(head)) expectAlone(head, unlabelled);
  const bytes = await openFileBytes(await source.path());
  try {
    const entries = isZip(head) ? await openZip(bytes) : arrayAlone(bytes);
    return { entries, [Symbol.asyncDispose]: () => bytes[Symbol.asyncDispose]() };
  } catch (error) {
    await bytes[Symbol.asyncDispose]();
    throw error;
  }
}

/** Throws `ValidationError` for anything but one array that needs no labels. */
function expectAlone(head: Uint8Array, unlabelled: boolean): void {
  if (!isNpy(head)) throw fileFault('must be a ZIP of images');
  if (unlabelled) return;
  throw fileFault(
    'must have labels beside the images: save both arrays in one .npz, such as np.savez(file, x=images, y=labels); only with unlabelled, for predictions, images are enough',
  );
}

/** An `.npy`, as the only entry of an archive. */
const arrayAlone = (file: FileBytes): readonly ZipEntry[] => [
  {
    name: 'images.npy',
    size: file.size,
    async *open() {
      for await (const bytes of file) yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    },
  },
];

/** Tables may be in a ZIP too, one alone, whatever it is called. */
const TABLE = /\.(?:csv|tsv|json|jsonl|ndjson|parquet|xml|rels)$/i;
const IMAGE = /\.(?:png|jpe?g|gif|bmp|webp|tiff?|avif|npy)$/i;

const areImages = (entries: readonly ZipEntry[]): boolean =>
  entries.length === 1 ? IMAGE.test(entries[0]!.name) : entries.some(({ name }) => !TABLE.test(name));

/** Whether a file holds images: an archive of more than tables, or an array. */
export async function holdsImages(source: Source): Promise<boolean> {
  const head = await source.head();
  if (isNpy(head)) return true;
  if (!isZip(head)) return false;
  const bytes = source.bytes();
  if ('range' in bytes) return areImages(await openZip(bytes));
  await using opened = await openEntries(source);
  return areImages(opened.entries);
}

/**
 * The entries of a file of images; undefined if it holds none.
 * @param head the file's first bytes
 * @throws ValidationError with field `file`
 */
export async function imageEntries(
  head: Uint8Array,
  file: FileBytes,
  unlabelled: boolean,
): Promise<readonly ZipEntry[] | undefined> {
  if (isNpy(head)) {
    expectAlone(head, unlabelled);
    return arrayAlone(file);
  }
  if (!isZip(head)) return undefined;
  const entries = await openZip(file);
  return areImages(entries) ? entries : undefined;
}
