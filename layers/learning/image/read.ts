/** A dataset's images as rows of numbers, of the size and the channels that a family asks for. */
import { buffer } from 'node:stream/consumers';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import type { Wanted } from '#zoo/family.ts';
import { shown } from '../csv/fault.ts';
import { TrainingFailure } from '../failure.ts';
import type { ZipEntry } from '../files/zip.ts';
import { areArrays, openArrays } from './arrays.ts';
import { decodeImage, ImageError } from './decode.ts';
import { targetOf } from './labels.ts';
import { listImages } from './listing.ts';
import { shapeOfImages } from './outline.ts';
import { type Channels, withChannels, writePlanes } from './pixels.ts';
import { resized } from './resize.ts';
import type { ImageRows, ImageShape } from './rows.ts';

/** Images that are decoded at once. */
const TOGETHER = 16;

/** @throws TrainingFailure naming the entry */
export async function imageRows(
  entries: readonly ZipEntry[],
  profile: DatasetProfile,
  wanted: Wanted['image'],
): Promise<ImageRows> {
  try {
    const shape = shapeOfImages(profile, wanted);
    if (areArrays(entries)) {
      const { labels, values, read } = await openArrays(entries);
      const { target, places } = targetOf(labels, profile);
      return { target, shape, values, leftOut: [], read: () => at(places, read()) };
    }
    const { images } = await listImages(entries, { target: profile.target });
    const { target, places } = targetOf(
      images.map(({ label }) => label),
      profile,
    );
    const labelled = Array.from(places, (place) => images[place]!.entry);
    const read = () => decoded(labelled, shape);
    return { target, shape, values: 'bytes', leftOut: [], read };
  } catch (error) {
    throw error instanceof ValidationError ? failureOf(error) : error;
  }
}

/** Those at some places, ascending. */
async function* at<T>(places: Int32Array, all: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  let [place, next] = [0, 0];
  for await (const one of all) {
    if (place++ !== places[next]) continue;
    yield one;
    next++;
  }
}

async function* decoded(entries: readonly ZipEntry[], shape: ImageShape): AsyncGenerator<Uint8Array, void, undefined> {
  for (let from = 0; from < entries.length; from += TOGETHER) {
    yield* await Promise.all(entries.slice(from, from + TOGETHER).map((entry) => planesOf(entry, shape)));
  }
}

async function planesOf(entry: ZipEntry, [channels, height, width]: ImageShape): Promise<Uint8Array> {
  try {
    const image = withChannels(await decodeImage(await buffer(entry.open())), channels as Channels);
    const planes = new Uint8Array(channels * height * width);
    writePlanes(resized(image, width, height), planes);
    return planes;
  } catch (error) {
    if (error instanceof ValidationError) throw failureOf(error);
    if (error instanceof ImageError) throw new TrainingFailure(`The image ${shown(entry.name)} ${error.message}`);
    throw error;
  }
}

const failureOf = ({ details }: ValidationError): TrainingFailure =>
  new TrainingFailure(details.map(({ field, message }) => `The ${field} ${message}`).join('; '));
