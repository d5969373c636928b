/** What a request has for an image as the tensor that a model takes. */
import { ValidationError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { LIMITS } from '#domain/limits.ts';
import { type Tensors, tensor } from '#engine/tensor.ts';
import { shortened, shown } from '../csv/fault.ts';
import type { Serving } from '../serving/description.ts';
import { type Input, type Nested, shapeOf } from '../serving/input.ts';
import { numbersOf } from '../serving/rows.ts';
import { decodeImage, ImageError } from './decode.ts';
import { IMAGE_INPUT, type ImageInput, imageInputOf, takesOtherChannels } from './encoding.ts';
import { imageHeader } from './header.ts';
import { greyPlane, withChannels, writePlanes } from './pixels.ts';
import { resized } from './resize.ts';

/** Images that are decoded at once. */
const TOGETHER = 8;
/** Of all images of a request: a quarter of a gibibyte. */
const MOST_NUMBERS = 2 ** 26;
/** Scaling so many takes some milliseconds. */
const LIGHT_PIXELS = 2 ** 17;
const BASE64 = /^[A-Za-z0-9+/_-]{4,}={0,2}$/;
const WHITE_SPACE = /\s+/g;
const DATA_URL = 'data:';

/** The message completes the sentence "the input …". */
class InputFault extends Error {
  override readonly name = 'InputFault';
}

/** @throws ValidationError with fields such as `inputs[3]` */
export async function imageTensors(serving: Serving, inputs: readonly Input[]): Promise<Tensors> {
  const of = imageInputOf(serving);
  const { channels, height, width } = of;
  const size = channels * height * width;
  const most = Math.max(1, Math.floor(MOST_NUMBERS / size));
  if (inputs.length > most) {
    throw ValidationError.of('inputs', `must have at most ${most} images of this size at once; got ${inputs.length}`);
  }
  expectPixelsTogether(inputs);
  const data = new Float32Array(inputs.length * size);
  const faults = new Faults();
  /** What is wrong with the input. */
  const place = async (input: Input, i: number): Promise<string | undefined> => {
    try {
      data.set(await pixelsOf(input, of), i * size);
      return undefined;
    } catch (error) {
      if (!(error instanceof InputFault || error instanceof ImageError)) throw error;
      return error.message;
    }
  };
  for (let from = 0; from < inputs.length && !faults.full; from += TOGETHER) {
    const some = await Promise.all(inputs.slice(from, from + TOGETHER).map((input, i) => place(input, from + i)));
    for (const [i, fault] of some.entries()) if (fault !== undefined) faults.add(`inputs[${from + i}]`, fault);
  }
  faults.throwIfAny();
  return { [IMAGE_INPUT]: tensor('float32', [inputs.length, channels, height, width], data) };
}

/** Whether the files among them take long to decode and to scale. */
export const areLargeFiles = (inputs: readonly Input[]): boolean => pixelsTogether(inputs) > LIGHT_PIXELS;

/** Small files may have as many pixels as a large one: they are counted before any is decoded. */
function expectPixelsTogether(inputs: readonly Input[]): void {
  const pixels = pixelsTogether(inputs);
  if (pixels <= LIMITS.image.pixels) return;
  throw ValidationError.of(
    'inputs',
    `must have at most ${LIMITS.image.pixels} pixels in all files together; got ${pixels}`,
  );
}

/** As files say it of themselves. What is no file, or refused for itself, counts nothing. */
function pixelsTogether(inputs: readonly Input[]): number {
  const counts = inputs.map((input) => {
    const file = typeof input === 'string' ? fileOf(input) : undefined;
    const { width, height } = (file && imageHeader(file)) ?? { width: 0, height: 0 };
    return width * height <= LIMITS.image.pixels ? width * height : 0;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

async function pixelsOf(input: Input, of: ImageInput): Promise<ArrayLike<number>> {
  if (typeof input === 'string') return decoded(input, of);
  return Array.isArray(input) ? pixelsIn(input, of) : byColumn(input as Readonly<Record<string, unknown>>, of);
}

async function decoded(text: string, of: ImageInput): Promise<Uint8Array> {
  const { channels, height, width, values, unit } = of;
  if (values !== 'bytes' && unit !== 'byte') {
    throw new InputFault(
      `must be an array ${wantedArrays(of)}, in the unit of the model's data: as those are not numbers from 0 to 255 with 255 among them, it is not known which numbers a file would be; got ${shown(text)}`,
    );
  }
  const file = fileOf(text);
  if (!file)
    throw new InputFault(`must be an image as base64, as a data URL, or as arrays of numbers; got ${shown(text)}`);
  const image = withChannels(await decodeImage(file), channels);
  const planes = new Uint8Array(channels * height * width);
  writePlanes(resized(image, width, height), planes);
  return planes;
}

/** `undefined`: it is no base64. */
function fileOf(text: string): Buffer | undefined {
  // Encoders break lines after 76 characters.
  const base64 = (text.startsWith(DATA_URL) ? text.slice(text.indexOf(',') + 1) : text).replace(WHITE_SPACE, '');
  return BASE64.test(base64) ? Buffer.from(base64, 'base64') : undefined;
}

/** [height, width], with channels first or last, or all numbers in one array in the order of the file's columns. */
function pixelsIn(input: Nested, of: ImageInput): Float32Array {
  const shape = shapeOf(input);
  const layout = layoutOf(shape, of);
  const numbers = (input as readonly unknown[]).flat(2);
  if (!layout || numbers.length !== layout.size) {
    throw new InputFault(`must be an array ${wantedArrays(of)}; got [${shape.join(', ')}]`);
  }
  // Of other channels, a number is not that of one column.
  const read = layout.channels === of.channels ? of : { ...of, columns: undefined };
  const planes = Float32Array.from({ length: layout.channels * of.height * of.width }, (_, i) =>
    numberOf(numbers[layout.placeOf(i)], read, i),
  );
  if (layout.channels === of.channels) return planes;
  return of.channels === 1 ? greyOf(planes, of) : Float32Array.from([...planes, ...planes, ...planes]);
}

function wantedArrays({ channels, height, width }: ImageInput): string {
  const shapes =
    channels === 1
      ? `[${height}, ${width}]`
      : `[${height}, ${width}, ${channels}] or [${channels}, ${height}, ${width}]`;
  return `${shapes}, or of ${channels * height * width} numbers`;
}

/** Numbers that are no bytes are not rounded: they may be of any unit. */
const greyOf = (planes: Float32Array, { values }: ImageInput): Float32Array =>
  values === 'bytes' ? greyPlane(planes).map((value) => Math.floor(value + 0.5)) : greyPlane(planes);

/** How an array has its pixels. */
interface Layout {
  readonly channels: number;
  /** How many numbers it has, also of transparency, which is ignored. */
  readonly size: number;
  /** From a place in planes to that in the array. */
  readonly placeOf: (i: number) => number;
}

/** As the model's data are, or with other channels, which become the model's as those of a file do. */
function layoutOf(shape: readonly number[], of: ImageInput): Layout | undefined {
  const { channels, height, width } = of;
  const is = (...wanted: number[]) => wanted.length === shape.length && wanted.every((dim, i) => dim === shape[i]);
  const pixels = height * width;
  const interleaved = (count: number, given: number): Layout => ({
    ...{ channels: count, size: given * pixels },
    placeOf: (i) => (i % pixels) * given + Math.floor(i / pixels),
  });
  for (const count of [channels, ...(channels === 1 ? [3] : [1])]) {
    const isRow = is(count * pixels) && (count === channels || takesOtherChannels(of));
    if (isRow || is(count, height, width) || (count === 1 && is(height, width))) {
      return { channels: count, size: count * pixels, placeOf: (i) => i };
    }
    if (is(height, width, count)) return interleaved(count, count);
  }
  return is(height, width, 4) ? interleaved(3, 4) : undefined;
}

function byColumn(input: Readonly<Record<string, unknown>>, of: ImageInput): Float32Array {
  const { columns } = of;
  if (!columns)
    throw new InputFault('must be an image as base64, as a data URL, or as arrays of numbers; got an object');
  const known = new Set(columns);
  for (const name of Object.keys(input)) {
    if (!known.has(name)) throw new InputFault(`must have the columns of the data; got ${shown(name)}`);
  }
  return Float32Array.from(columns, (name, i) => {
    if (!Object.hasOwn(input, name)) throw new InputFault(`must have a number for the column ${shown(name)}; got none`);
    return numberOf(input[name], of, i);
  });
}

/** @param place of the pixel: for a table's, in which column it is */
function numberOf(value: unknown, of: ImageInput, place: number): number {
  const { values, columns } = of;
  if (columns && typeof value === 'string') return ofCell(value, of, columns[place]!);
  // Text, as files have it.
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (value === null && values === 'numbers') return Number.NaN;
  const isInside = typeof number === 'number' && Number.isFinite(number);
  if (isInside && (values === 'numbers' || (number >= 0 && number <= 255))) return number;
  const wanted = values === 'bytes' ? 'numbers from 0 to 255' : 'numbers';
  throw new InputFault(`must have ${wanted}; got ${shortened(JSON.stringify(value) ?? 'nothing', 40)}`);
}

/** Text is read by the rules by which the column was read. */
function ofCell(text: string, { formats = {} }: ImageInput, name: string): number {
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
  const { take, expected } = numbersOf({ name, type: 'number', input: name, ...(format ? { format } : {}) });
  const number = take(text);
  if (number !== undefined) return number;
  throw new InputFault(`must have ${expected} for the column ${shown(name)}, or null; got ${shown(text)}`);
}
