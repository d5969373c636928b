/**
 * Profiles a file of images: their labels and sizes. Each image is read, so that one whose end is missing, that has
 * infinite numbers, or that is there twice is found before a training; nothing is decoded.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { chosenTarget } from '#domain/datasets/parsing-options.ts';
import type { DatasetProfile, ImagesProfile, Task } from '#domain/datasets/profile.ts';
import { fileFault, shown } from '../csv/fault.ts';
import type { ZipEntry } from '../files/zip.ts';
import type { ProfileOptions } from '../profile/profile.ts';
import { type Finding, listWarnings } from '../profile/warn.ts';
import type { Source } from '../source.ts';
import { columnValues } from '../values/column-values.ts';
import { areArrays, openArrays } from './arrays.ts';
import { expectImage, ImageError } from './decode.ts';
import { expectImageBytes } from './directory.ts';
import { missingPixelsFinding, type Repeat, Repeats, repeatFindings, unlistedFinding } from './findings.ts';
import type { ImageHeader } from './header.ts';
import { type JudgedLabels, judgeLabels } from './labels.ts';
import { listImages, taskOf } from './listing.ts';
import { openEntries } from './open.ts';
import { isWhole } from './whole.ts';

interface Described {
  readonly images: ImagesProfile;
  readonly labels: readonly string[];
  readonly target: string;
  readonly task: Task | 'auto';
  readonly repeats: readonly Repeat[];
  /** What is found beside the labels. */
  readonly found: readonly Finding[];
  /** What an image is called. */
  readonly nameOf: (place: number) => string;
}

interface Wanted {
  readonly target?: string | undefined;
  readonly task: Task | 'auto';
  readonly unlabelled: boolean;
}

/** @throws ValidationError naming the entry */
export async function profileImages(
  source: Source,
  { target, task, parsing = {} }: ProfileOptions,
): Promise<DatasetProfile> {
  const { unlabelled = false } = parsing;
  await using opened = await openEntries(source, unlabelled);
  const { entries } = opened;
  const wanted: Wanted = { target: chosenTarget(parsing) ?? target, task, unlabelled };
  const described = areArrays(entries) ? await ofArrays(entries, wanted) : await ofImages(entries, wanted);
  const { images, labels, found } = described;
  const sha256 = await sha256Of(await source.path());
  if (unlabelled) return { ...withoutLabels(described), ...listWarnings(found), sha256 };
  const judged = judgeLabels(labels, { target: described.target, task: described.task, parsing });
  const { classes, column, without } = judged;
  return {
    kind: 'image',
    images,
    rows: labels.length,
    columns: [column],
    features: [],
    target: described.target,
    task: judged.task,
    ...(judged.task === 'classification' ? { classes: classes.map(({ value, count }) => ({ value, count })) } : {}),
    rows_without_target: without,
    delimiter: ',',
    quote: '"',
    ...listWarnings([...labelFindings(judged, described), ...found]),
    sha256,
  };
}

/** About the labels, and images that have several. */
function labelFindings({ found, task, decided }: JudgedLabels, { labels, repeats, nameOf }: Described): Finding[] {
  const { number, word } = columnValues(task === 'regression' ? 'number' : 'category', decided.format);
  const normal = (label: string): string => {
    if (task !== 'regression') return word(label);
    const value = number(label);
    return Number.isNaN(value) ? '' : String(value);
  };
  return [
    // An image without a label has a name at least.
    ...found.map(({ first, ...rest }) => ({
      ...rest,
      first: first?.value === '' && first.row !== undefined ? { ...first, value: nameOf(first.row - 1) } : first,
    })),
    ...repeatFindings(repeats, { nameOf, labelOf: (place) => normal(labels[place]!) }),
  ];
}

/** Images that are only to be predicted. */
const withoutLabels = ({ images, labels }: Described): Omit<DatasetProfile, 'sha256'> => ({
  ...{ kind: 'image', images, rows: labels.length, columns: [], features: [], target: '' },
  ...{ rows_without_target: labels.length, delimiter: ',', quote: '"' },
});

async function ofArrays(entries: readonly ZipEntry[], { task, unlabelled }: Wanted): Promise<Described> {
  const { name, header, layout, labels, values, read } = await openArrays(entries, unlabelled);
  const [repeats, withGaps] = [new Repeats(), [] as number[]];
  let place = 0;
  for await (const pixels of read()) {
    repeats.add(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength));
    if (values === 'numbers' && pixels.includes(Number.NaN)) withGaps.push(place);
    place++;
  }
  const [channels, height, width] = layout.shape;
  const side = (value: number) => ({ min: value, max: value });
  const nameOf = (at: number): string => `${name}[${at}]`;
  return {
    images: {
      source: 'arrays',
      formats: { [header.type]: labels.length },
      width: side(width),
      height: side(height),
      channels,
    },
    ...{ labels, target: 'label', task, nameOf },
    repeats: repeats.found,
    found: missingPixelsFinding(withGaps, nameOf),
  };
}

async function ofImages(entries: readonly ZipEntry[], { task, ...wanted }: Wanted): Promise<Described> {
  const listing = await listImages(entries, wanted);
  const { source, images, unlisted, target } = listing;
  const formats: Record<string, number> = {};
  const [widths, heights, repeats] = [new Range(), new Range(), new Repeats()];
  let channels = 1;
  for (const { entry } of images) {
    const bytes = await bytesOf(entry);
    const { format, width, height, grey } = headerOf(entry, bytes);
    repeats.add(bytes);
    formats[format] = (formats[format] ?? 0) + 1;
    widths.add(width);
    heights.add(height);
    if (!grey) channels = 3;
  }
  return {
    images: { source, formats, width: widths.bounds, height: heights.bounds, channels },
    labels: images.map(({ label }) => label),
    target,
    task: taskOf(listing, task),
    repeats: repeats.found,
    found: unlistedFinding(unlisted.map(({ name }) => name)),
    nameOf: (place) => images[place]!.entry.name,
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
function bytesOf(entry: ZipEntry): Promise<Buffer> {
  expectImageBytes(entry);
  return buffer(entry.open());
}

/** Throws `ValidationError` naming the entry. */
function headerOf({ name }: ZipEntry, bytes: Buffer): ImageHeader {
  try {
    const header = expectImage(bytes);
    if (!isWhole(bytes, header)) throw new ImageError('is cut off: its end is missing');
    return header;
  } catch (error) {
    if (error instanceof ImageError) throw fileFault(`image ${shown(name)} ${error.message}`);
    throw error;
  }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
