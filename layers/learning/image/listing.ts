/** Which images a ZIP has and what each is labelled with: by a manifest, or by the folder that it lies in. */
import { posix } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Task } from '#domain/datasets/profile.ts';
import { LIMITS } from '#domain/limits.ts';
import { fileFault, shown } from '../csv/fault.ts';
import type { ZipEntry } from '../files/zip.ts';
import { readManifest } from './manifest.ts';

export interface LabelledImage {
  readonly entry: ZipEntry;
  /** Empty where there is none. */
  readonly label: string;
}

export interface Listing {
  readonly source: 'folders' | 'manifest';
  /** In the order of the manifest, where there is one. */
  readonly images: readonly LabelledImage[];
  /** Images that the manifest does not name. */
  readonly unlisted: readonly ZipEntry[];
  /** What the labels are called. */
  readonly target: string;
}

interface ListingOptions {
  /** The manifest's column of labels. Default: `label` or the like, or the only one besides the names. */
  readonly target?: string | undefined;
  /** Whether labels are not looked for. */
  readonly unlabelled?: boolean;
}

/** A folder is a class, whatever it is called, unless its owner says otherwise. */
export const taskOf = ({ source }: Pick<Listing, 'source'>, asked: Task | 'auto'): Task | 'auto' =>
  source === 'folders' && asked === 'auto' ? 'classification' : asked;

const MANIFEST = /\.(?:csv|json|jsonl)$/i;
const NOTES = /\.(?:txt|md|rst)$|(?:^|\/)licen[cs]e$/i;

/**
 * @throws ValidationError with field `file` or `target`
 */
export async function listImages(
  entries: readonly ZipEntry[],
  { target, unlabelled = false }: ListingOptions = {},
): Promise<Listing> {
  const images = entries.filter(({ name }) => !MANIFEST.test(name) && !NOTES.test(name));
  if (images.length === 0) throw fileFault(`must have images in it; got ${entries.length} other files`);
  if (unlabelled) {
    return { source: 'folders', images: images.map((entry) => ({ entry, label: '' })), unlisted: [], target: '' };
  }
  const manifest = manifestOf(entries);
  return manifest ? byManifest(manifest, images, target) : byFolder(images);
}

/** Throws `ValidationError` if there are several, or it is too large to be read. */
export function manifestOf(entries: readonly ZipEntry[]): ZipEntry | undefined {
  const manifests = entries.filter(({ name }) => MANIFEST.test(name));
  const [manifest, second] = manifests;
  if (second)
    throw fileFault(
      `must have at most one manifest (CSV or JSON); got ${manifests.map(({ name }) => shown(name)).join(', ')}`,
    );
  const most = LIMITS.image.manifestBytes;
  if (manifest && manifest.size > most) {
    throw fileFault(`manifest ${shown(manifest.name)} must have at most ${most} bytes; got ${manifest.size}`);
  }
  return manifest;
}

function byFolder(entries: readonly ZipEntry[]): Listing {
  const images = entries.map((entry) => {
    const label = entry.name.split('/').at(-2);
    if (label !== undefined) return { entry, label };
    throw fileFault(
      `entry ${shown(entry.name)} of the ZIP must lie in a folder that is named as its class, or a manifest must say its label`,
    );
  });
  return { source: 'folders', images, unlisted: [], target: 'label' };
}

async function byManifest(manifest: ZipEntry, entries: readonly ZipEntry[], wanted?: string): Promise<Listing> {
  const { target, rows } = await readManifest(manifest.name, await buffer(manifest.open()), wanted);
  const folder = manifest.name.slice(0, manifest.name.lastIndexOf('/') + 1);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const images: LabelledImage[] = [];
  for (const { row, file, label } of rows) {
    const name = file.replace(/^\.\//, '');
    const entry = byName.get(posix.normalize(folder + name)) ?? byName.get(name);
    if (!entry)
      throw fileFault(
        `manifest ${shown(manifest.name)}, row ${row}: the ZIP must have an entry ${shown(name)}; it has none`,
      );
    images.push({ entry, label });
  }
  const listed = new Set(images.map(({ entry }) => entry));
  return { source: 'manifest', images, unlisted: entries.filter((entry) => !listed.has(entry)), target };
}
