/** What the directory of a ZIP of images shows, before any of the images is looked at. */
import { chosenTarget, type ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { Task } from '#domain/datasets/profile.ts';
import { LIMITS } from '#domain/limits.ts';
import { fileFault, shown } from '../csv/fault.ts';
import type { ZipEntry } from '../files/zip.ts';
import { areArrays, expectArrays } from './arrays.ts';
import { judgeLabels } from './labels.ts';
import { listImages, manifestOf, taskOf } from './listing.ts';

interface Wanted {
  readonly target?: string | undefined;
  readonly parsing: ParsingOptions;
  readonly task: Task | 'auto';
}

/** A longer manifest is read when the dataset is processed. */
const MANIFEST_BYTES = 1_048_576;

/** @throws ValidationError with field `file`, `target` or `dataset_type`, as `profileImages` does */
export async function expectDirectory(entries: readonly ZipEntry[], { target, parsing, task }: Wanted): Promise<void> {
  const { unlabelled = false } = parsing;
  if (areArrays(entries)) return expectArrays(entries, unlabelled);
  const manifest = unlabelled ? undefined : manifestOf(entries);
  if (manifest && manifest.size > MANIFEST_BYTES) return;
  const listing = await listImages(entries, { target: chosenTarget(parsing) ?? target, unlabelled });
  for (const { entry } of listing.images) expectImageBytes(entry);
  if (unlabelled) return;
  judgeLabels(
    listing.images.map(({ label }) => label),
    { target: listing.target, task: taskOf(listing, task), parsing },
  );
}

/** Throws `ValidationError` naming the entry. */
export function expectImageBytes({ name, size }: ZipEntry): void {
  if (size <= LIMITS.image.bytes) return;
  throw fileFault(`image ${shown(name)} must have at most ${LIMITS.image.bytes} bytes; got ${size}`);
}
