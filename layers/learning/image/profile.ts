/**
 * Profiles a file of images: their labels and sizes. Each image is read, so that one whose end is missing, or that has
 * infinite numbers, is found before a training; nothing is decoded.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { DatasetProfile, ImagesProfile } from '#domain/datasets/profile.ts';
import { fileFault, shown } from '../csv/fault.ts';
import type { ZipEntry } from '../files/zip.ts';
import type { ProfileOptions } from '../profile/profile.ts';
import type { Source } from '../source.ts';
import { areArrays, mayBeInfinite, openArrays } from './arrays.ts';
import { expectImage, ImageError } from './decode.ts';
import { expectImageBytes } from './directory.ts';
import type { ImageHeader } from './header.ts';
import { profileLabels } from './labels.ts';
import { listImages } from './listing.ts';
import { openEntries } from './open.ts';
import { isWhole } from './whole.ts';

interface Described {
  readonly images: ImagesProfile;
  readonly labels: readonly string[];
  readonly without: number;
  readonly target: string;
}

/** @throws ValidationError naming the entry */
export async function profileImages(
  source: Source,
  { target, task, parsing }: ProfileOptions,
): Promise<DatasetProfile> {
  await using opened = await openEntries(source);
  const { entries } = opened;
  const unlabelled = parsing?.unlabelled ?? false;
  const found = areArrays(entries) ? await ofArrays(entries) : await ofImages(entries, { target, unlabelled });
  if (unlabelled) return { ...withoutLabels(found), sha256: await sha256Of(await source.path()) };
  const labels = profileLabels(found.labels, task, found.target);
  return {
    kind: 'image',
    images: found.images,
    rows: found.labels.length + found.without,
    columns: [
      {
        name: found.target,
        type: labels.task === 'regression' ? 'number' : 'category',
        role: 'target',
        missing: found.without,
        distinct: new Set(found.labels).size,
        distinct_estimated: false,
        ...(labels.classes ? { top_values: labels.classes.slice(0, TOP) } : {}),
      },
    ],
    features: [],
    target: found.target,
    ...labels,
    rows_without_target: found.without,
    delimiter: ',',
    quote: '"',
    sha256: await sha256Of(await source.path()),
  };
}

/** Images that are only to be predicted. */
const withoutLabels = ({ images, labels }: Described): Omit<DatasetProfile, 'sha256'> => ({
  ...{ kind: 'image', images, rows: labels.length, columns: [], features: [], target: '' },
  ...{ rows_without_target: labels.length, delimiter: ',', quote: '"' },
});

const TOP = 10;

async function ofArrays(entries: readonly ZipEntry[]): Promise<Described> {
  const { header, layout, labels, read } = await openArrays(entries);
  if (mayBeInfinite(header)) for await (const _ of read());
  const [channels, height, width] = layout.shape;
  const side = (value: number) => ({ min: value, max: value });
  return {
    images: {
      source: 'arrays',
      formats: { [header.type]: labels.length },
      width: side(width),
      height: side(height),
      channels,
    },
    labels,
    without: 0,
    target: 'label',
  };
}

async function ofImages(entries: readonly ZipEntry[], wanted: Parameters<typeof listImages>[1]): Promise<Described> {
  const { source, images, without, target } = await listImages(entries, wanted);
  const formats: Record<string, number> = {};
  const [widths, heights] = [new Range(), new Range()];
  let channels = 1;
  for (const { entry } of images) {
    const { format, width, height, grey } = await headerOf(entry);
    formats[format] = (formats[format] ?? 0) + 1;
    widths.add(width);
    heights.add(height);
    if (!grey) channels = 3;
  }
  return {
    images: { source, formats, width: widths.bounds, height: heights.bounds, channels },
    labels: images.map(({ label }) => label),
    without,
    target,
  };
}

class Range {
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  add(value: number): void {
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }
  get bounds() {
    return { min: this.#min, max: this.#max };
  }
}

/** Throws `ValidationError` naming the entry. */
async function headerOf(entry: ZipEntry): Promise<ImageHeader> {
  expectImageBytes(entry);
  try {
    const bytes = await buffer(entry.open());
    const header = expectImage(bytes);
    if (!isWhole(bytes, header)) throw new ImageError('is cut off: its end is missing');
    return header;
  } catch (error) {
    if (error instanceof ImageError) throw fileFault(`image ${shown(entry.name)} ${error.message}`);
    throw error;
  }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
