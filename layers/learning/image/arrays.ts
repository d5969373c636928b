/** Images in NumPy arrays: an `.npz`, which is a ZIP of arrays, with the images and their labels. */
import type { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { fileFault, shown } from '../csv/fault.ts';
import { isOfNumbers, type NpyHeader, NUMBERS, npyHeader, npyNumbers, numberBytes, plainHeader } from '../files/npy.ts';
import { isOfTexts, npyTexts } from '../files/npy-texts.ts';
import type { ZipEntry } from '../files/zip.ts';
import type { ImageShape, PixelValues } from './rows.ts';

export interface Arrays {
  /** Of the images. */
  readonly name: string;
  readonly header: NpyHeader;
  readonly layout: Layout;
  /** Empty where there is none. */
  readonly labels: readonly string[];
  readonly values: PixelValues;
  /** One image after another, [channels, height, width]. A row is valid until the next one is requested. */
  read(): AsyncIterable<Uint8Array | Float32Array>;
}

interface Layout {
  readonly shape: ImageShape;
  /** Numbers of one image in the array; more than the shape's where there is transparency. */
  readonly size: number;
  /** The place of each of the shape's numbers. */
  readonly places: Int32Array;
}

const IMAGES = ['x', 'x_train', 'images', 'image', 'data', 'pixels', 'inputs', 'arr_0'];
const LABELS = ['y', 'y_train', 'labels', 'label', 'target', 'targets', 'arr_1'];
/** What shows the header of an array. */
const HEAD_BYTES = 4096;

export const areArrays = (entries: readonly ZipEntry[]): boolean =>
  entries.length > 0 && entries.every(({ name }) => name.endsWith('.npy'));

/**
 * @param unlabelled whether labels are not looked for
 * @throws ValidationError naming the array
 */
export async function openArrays(entries: readonly ZipEntry[], unlabelled = false): Promise<Arrays> {
  const images = imagesOf(entries, unlabelled);
  const header = npyHeader(await beginningOf(images), images.name);
  const [count = 0, ...dims] = header.shape;
  expectBounded(images, header);
  const layout = layoutOf(dims, images.name);
  const labels = unlabelled
    ? Array<string>(count).fill('')
    : await labelsOf(named(entries, LABELS, 'labels'), { name: images.name, count });
  const values = header.type === 'u1' || header.type === 'b1' ? 'bytes' : 'numbers';
  return { name: nameOf(images), header, layout, labels, values, read: () => rowsOf(images, layout, values) };
}

/** A header may say anything: before anything is made of its size, the file has to have as many bytes. */
function expectBounded(entry: ZipEntry, header: NpyHeader): void {
  const { shape } = header;
  const [count = 0, ...dims] = shape;
  const fault = (must: string, got: number | string) =>
    fileFault(`array ${shown(entry.name)} must ${must}; got ${got}`);
  if (count === 0) throw fault('have images', 0);
  const numbers = dims.reduce((product, dim) => product * dim, 1);
  if (numbers === 0) throw fault('have images of at least one pixel', `the shape [${shape.join(', ')}]`);
  if (!(numberBytes(header) <= entry.size)) throw fewer(entry, shape);
  const most = LIMITS.imageArrays;
  if (count > most.images) throw fault(`have at most ${most.images} images`, count);
  if (numbers > most.numbers) throw fault(`have images of at most ${most.numbers} numbers each`, numbers);
}

const fewer = ({ name }: ZipEntry, shape: readonly number[]): ValidationError =>
  fileFault(`array ${shown(name)} must have the numbers that its shape [${shape.join(', ')}] says; got fewer`);

/** Whether they are there, by their names. Throws `ValidationError`. */
export function expectArrays(entries: readonly ZipEntry[], unlabelled: boolean): void {
  imagesOf(entries, unlabelled);
  if (!unlabelled) named(entries, LABELS, 'labels');
}

/** Without labels, one array may be called anything. */
function imagesOf(entries: readonly ZipEntry[], unlabelled: boolean): ZipEntry {
  const [only, ...others] = entries;
  return unlabelled && only && others.length === 0 ? only : named(entries, IMAGES, 'images');
}

const nameOf = ({ name }: ZipEntry): string => name.replace(/\.npy$/, '');

function named(entries: readonly ZipEntry[], names: readonly string[], what: string): ZipEntry {
  for (const name of names) {
    const found = entries.find((entry) => entry.name.toLowerCase() === `${name}.npy`);
    if (found) return found;
  }
  const got = entries.map((entry) => shown(nameOf(entry))).join(', ');
  throw fileFault(`must have an array of ${what}, called ${names.slice(0, -1).join(', ')}; got ${got}`);
}

async function beginningOf(entry: ZipEntry): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of entry.open()) {
    parts.push(part);
    size += part.length;
    if (size >= HEAD_BYTES) break;
  }
  return Buffer.concat(parts);
}

/** [height, width], with channels first or last, or k² or 3·k² numbers, of which the colours are planes. */
function layoutOf(dims: readonly number[], name: string): Layout {
  const [a = 0, b = 0, c = 0] = dims;
  if (dims.length === 1) {
    const flat = squareShape(a);
    if (flat) return { shape: flat, size: a, places: Int32Array.from({ length: a }, (_, i) => i) };
  }
  if (dims.length === 2) return planes([1, a, b]);
  if (dims.length === 3) {
    const isLast = c === 1 || c === 3;
    if (!isLast && (a === 1 || a === 3)) return planes([a, b, c]);
    if (isLast || c === 4) return interleaved([c === 4 ? 3 : c, a, b], c);
  }
  throw fileFault(
    `array ${shown(name)} must be [images, height, width], with 1, 3 or 4 channels first or last, or [images, k² or 3·k²]; got [images, ${dims.join(', ')}]`,
  );
}

function planes(shape: ImageShape): Layout {
  const size = shape[0] * shape[1] * shape[2];
  return { shape, size, places: Int32Array.from({ length: size }, (_, i) => i) };
}

function interleaved(shape: ImageShape, given: number): Layout {
  const [channels, height, width] = shape;
  const pixels = height * width;
  const places = Int32Array.from(
    { length: channels * pixels },
    (_, i) => (i % pixels) * given + Math.floor(i / pixels),
  );
  return { shape, size: pixels * given, places };
}

/** k² numbers are grey, 3·k² are red, green and blue. */
export function squareShape(count: number): ImageShape | undefined {
  for (const channels of [1, 3]) {
    const side = Math.sqrt(count / channels);
    if (Number.isInteger(side) && side >= LEAST_SIDE) return [channels, side, side];
  }
  return undefined;
}

/** A table of four numbers is no image. */
const LEAST_SIDE = 4;

/** As many as there are images. */
async function labelsOf(entry: ZipEntry, images: { readonly name: string; readonly count: number }): Promise<string[]> {
  const head = plainHeader(await beginningOf(entry), entry.name);
  expectColumn(entry, head.shape, images);
  if (isOfTexts(head)) return textsOf(entry);
  if (!isOfNumbers(head.type)) {
    throw fileFault(
      `array ${shown(entry.name)} must be of numbers (${NUMBERS}) or of texts, such as y.astype(str); got the header ${shown(head.text)}`,
    );
  }
  const labels: string[] = [];
  for await (const { values } of npyNumbers(entry.open(), entry.name, 1024)) {
    for (const value of values) labels.push(Number.isNaN(value) ? '' : String(value));
  }
  return labels;
}

/** Each that is different is in memory once. */
async function textsOf(entry: ZipEntry): Promise<string[]> {
  const labels: string[] = [];
  const different = new Map<string, string>();
  const most = LIMITS.imageArrays.labelCharacters;
  let characters = 0;
  for await (const { text } of npyTexts(entry.open(), entry.name)) {
    const known = different.get(text);
    labels.push(known ?? text);
    if (known !== undefined) continue;
    different.set(text, text);
    characters += text.length;
    if (characters > most) {
      throw fileFault(`array ${shown(entry.name)} must have labels of at most ${most} characters, each counted once`);
    }
  }
  return labels;
}

function expectColumn(
  { name }: ZipEntry,
  shape: readonly number[],
  images: { readonly name: string; readonly count: number },
): void {
  const [labels = 0, width = 1, ...more] = shape;
  if (width !== 1 || more.length > 0) {
    throw fileFault(`array ${shown(name)} must have one label for each image; got the shape [${shape.join(', ')}]`);
  }
  if (labels === images.count) return;
  throw fileFault(
    `array ${shown(images.name)} must have as many images as there are labels, ${labels}; got ${images.count}`,
  );
}

async function* rowsOf(entry: ZipEntry, { size, places }: Layout, values: PixelValues) {
  const row = values === 'bytes' ? new Uint8Array(places.length) : new Float32Array(places.length);
  let image = 0;
  for await (const { values: numbers } of npyNumbers(entry.open(), entry.name, size)) {
    for (let i = 0; i < places.length; i++) {
      row[i] = numbers[places[i]!]!;
      if (isInfinite(row[i]!)) throw infinite(entry, image, numbers[places[i]!]!);
    }
    yield row;
    image++;
  }
}

const isInfinite = (value: number): boolean => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;

/** Also of a number that has no place in 32 bits. NaN is a pixel that is missing. */
const infinite = (entry: ZipEntry, image: number, got: number): ValidationError =>
  fileFault(
    `array ${shown(entry.name)} must have numbers of at most 3.4e38, or NaN, which counts as the mean; got ${got} in ${nameOf(entry)}[${image}]`,
  );
