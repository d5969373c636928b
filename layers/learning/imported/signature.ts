/** The inputs of a model of others as features, and which of its outputs is what. */
import { ValidationError } from '#domain/errors.ts';
import { dataType, type GraphProto, type NodeProto, type ValueInfoProto } from '#engine/onnx/proto.ts';
import { refused } from './inspect.ts';

export interface ImportedInput {
  readonly name: string;
  /** As the file has it, where it is another. */
  readonly title?: string;
  readonly elemType: number;
  /** Whether its shape is [rows], not [rows, columns]. */
  readonly flat: boolean;
  /** None of images. */
  readonly features: readonly string[];
  /** Of images. */
  readonly image?: ImageLayout;
}

export interface ImageLayout {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Whether the channels are its last dimension, as TensorFlow has them. */
  readonly isLast: boolean;
  /** Whether the file says that it takes one row at a time. */
  readonly isSingle: boolean;
  /** Whether the file does not say the height and the width. */
  readonly isOfAnySize: boolean;
}

/** Pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** The shape of a row, as the model has it. */
export function rowShapeOf({ flat, features, image }: ImportedInput): number[] {
  if (!image) return flat ? [] : [features.length];
  const { channels, height, width, isLast } = image;
  return isLast ? [height, width, channels] : [channels, height, width];
}

export interface ImportedOutput {
  readonly name: string;
  readonly elemType: number;
  /** As the file says: 1 for [rows] and [rows, 1], 0 for anything but [rows] and [rows, columns]. */
  readonly columns: number;
}

/** What ONNX's converters of classifiers write: lists of maps, made of a tensor that it is served as. */
export interface ZipMap {
  readonly output: string;
  readonly tensor: string;
  readonly classes: readonly string[];
}

const SERVED = [dataType.float32, dataType.float64, dataType.int64, dataType.int32, dataType.string, dataType.bool];
/** Networks in float16 answer in it. */
const GIVEN = [...SERVED, dataType.float16];
/** What onnx.proto calls those that are not. */
const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  ...{ 2: 'uint8', 3: 'int8', 4: 'uint16', 5: 'int16', 10: 'float16', 12: 'uint32', 13: 'uint64' },
  ...{ 14: 'complex64', 15: 'complex128', 16: 'bfloat16' },
};
const MOST_FEATURES = 2000;

/**
 * @param names those of all features in their order, where the caller gives them
 * @param size of images, likewise
 * @throws ValidationError naming the input that cannot be served, or `features` if their number is another
 */
export function inputsOf(
  graph: GraphProto,
  names: readonly string[] | undefined,
  size?: ImageSize | undefined,
): ImportedInput[] {
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  const given = graph.input.filter(({ name }) => !initializers.has(name));
  if (given.length === 0) throw refused('it has no input');
  const images = given.length === 1 ? imagesOf(given[0]!, names, size) : undefined;
  if (images) return [images];
  if (size) throw ValidationError.of('image_size', 'must be left out: the model takes no images');
  const single = given.length === 1;
  const shapes = given.map((input) => shapeOf(input, single ? names?.length : undefined));
  const count = shapes.reduce((sum, { width }) => sum + width, 0);
  if (count > MOST_FEATURES) throw refused(`it must have at most ${MOST_FEATURES} features; got ${count}`);
  if (names && names.length !== count)
    throw ValidationError.of('features', `must have the ${count} names of the model's features; got ${names.length}`);
  if (names && new Set(names).size !== names.length) throw ValidationError.of('features', 'must be different names');
  let at = 0;
  return shapes.map(({ name, elemType, flat, width }) => {
    const own = width === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}_${i}`);
    const features = names ? names.slice(at, at + width) : own;
    at += width;
    return { name, elemType, flat, features };
  });
}

/** Numbers of one image. */
const MOST_PIXELS = 2 ** 22;

export const fixedRows = (name: string, rows: number) =>
  refused(
    `input '${name}' cannot be served: it takes exactly ${rows} row${rows === 1 ? '' : 's'}; export it with a dynamic first dimension (torch.onnx.export: dynamic_shapes or dynamic_axes)`,
  );

const IMAGE_TYPES = [dataType.float32, dataType.float64, dataType.float16, dataType.uint8, dataType.int8];

/** `undefined`: the input is of another rank, or of numbers that images are not given in. */
function imagesOf(
  { name, type }: ValueInfoProto,
  names: readonly string[] | undefined,
  size: ImageSize | undefined,
): ImportedInput | undefined {
  const dims = type?.tensorType?.shape?.dim ?? [];
  const elemType = type?.tensorType?.elemType ?? 0;
  const [rows = 0, ...said] = dims.map(({ dimValue = 0 }) => dimValue);
  if (dims.length !== 4 || !IMAGE_TYPES.some((one) => one === elemType)) return undefined;
  const [a, b, c] = said as [number, number, number];
  const places = [
    { channels: a, height: b, width: c, isLast: false },
    { channels: c, height: a, width: b, isLast: true },
  ].filter(({ channels }) => channels === 1 || channels === 3);
  const place = places.find(({ height, width }) => height > 0 && width > 0) ?? places[0];
  if (!place)
    throw refused(
      `input '${name}' cannot be served: of four dimensions, they must be [rows, channels, height, width] or [rows, height, width, channels], with 1 or 3 channels; got [rows, ${said.map((dim) => dim || '?').join(', ')}]`,
    );
  if (rows > 1) throw fixedRows(name, rows);
  const { channels, isLast } = place;
  const sides = sidesOf(name, place, size);
  if (channels * sides.height * sides.width > MOST_PIXELS) {
    const most = `an image must have at most ${MOST_PIXELS} numbers`;
    throw size
      ? ValidationError.of('image_size', `must be smaller: ${most}`)
      : refused(`input '${name}' cannot be served: ${most}`);
  }
  if (names) throw ValidationError.of('features', 'must be left out: the model takes images');
  const isOfAnySize = place.height === 0 || place.width === 0;
  const image = { channels, ...sides, isLast, isSingle: rows === 1, isOfAnySize };
  return { name, elemType, flat: false, features: [], image };
}

/** Those that the file says, and for the others those that the caller does. */
function sidesOf(name: string, said: ImageSize, wanted: ImageSize | undefined): ImageSize {
  const shown = ({ height, width }: ImageSize) => `[${height || '?'}, ${width || '?'}]`;
  const sides = { height: said.height || (wanted?.height ?? 0), width: said.width || (wanted?.width ?? 0) };
  if (sides.height === 0 || sides.width === 0)
    throw ValidationError.of(
      'image_size',
      `must be given, such as 224: input '${name}' takes images of any size, ${shown(said)}, and what it is given has one`,
    );
  if (wanted && (wanted.height !== sides.height || wanted.width !== sides.width))
    throw ValidationError.of('image_size', `must be what the file says, ${shown(said)}; got ${shown(wanted)}`);
  return sides;
}

function shapeOf({ name, type }: ValueInfoProto, given: number | undefined) {
  const about = `input '${name}'`;
  const tensor = type?.tensorType;
  if (!tensor) throw refused(`${about} cannot be served: it is no tensor`);
  const { elemType, shape } = tensor;
  if (!SERVED.some((one) => one === elemType))
    throw refused(
      `${about} cannot be served: its element type is ${ELEMENT_TYPES[elemType ?? 0] ?? elemType}; served are numbers of 32 and 64 bits, texts and booleans`,
    );
  const dims = shape?.dim ?? [];
  if (dims.length !== 1 && dims.length !== 2)
    throw refused(
      `${about} cannot be served: its shape must be [rows] or [rows, columns], or that of images; it has ${dims.length} dimensions`,
    );
  const [rows, columns] = dims;
  if (rows?.dimValue) throw fixedRows(name, rows.dimValue);
  if (dims.length === 1) return { name, elemType, flat: true, width: 1 };
  const width = columns?.dimValue || given;
  if (!width) throw refused(`${about} does not say how many columns it takes: give the names of its features`);
  return { name, elemType, flat: false, width };
}

export function zipMapOf(graph: GraphProto): ZipMap | undefined {
  const outputs = new Set(graph.output.map(({ name }) => name));
  const node = graph.node.find(({ opType, output }) => opType === 'ZipMap' && outputs.has(output[0]!));
  return node && { output: node.output[0]!, tensor: node.input[0]!, classes: classesIn(node) ?? [] };
}

/** The names of the classes, as operators for classifiers have them. */
export function classesIn({ attribute }: NodeProto): string[] | undefined {
  const find = (names: readonly string[]) => attribute.find(({ name }) => names.includes(name));
  const texts = find(['classlabels_strings'])?.strings ?? [];
  if (texts.length > 0) return texts.map((text) => Buffer.from(text).toString('utf8'));
  const numbers = find(['classlabels_int64s', 'classlabels_ints'])?.ints ?? [];
  return numbers.length > 0 ? numbers.map(String) : undefined;
}

/** Of so many classes: as an operator for classifiers has them, else from a list of as many words that the graph holds. */
export const classesOf = (graph: GraphProto, count: number): string[] | undefined =>
  graph.node.map(classesIn).find((classes) => classes?.length === count) ?? wordsIn(graph, count);

function wordsIn({ initializer, node }: GraphProto, count: number): string[] | undefined {
  const constants = node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => (t ? [t] : [])));
  const words = [...initializer, ...constants].map(({ stringData = [] }) => stringData);
  const found = words.find(({ length }) => length === count)?.map((text) => Buffer.from(text).toString('utf8'));
  return found && new Set(found).size === count ? found : undefined;
}

/** The outputs that are tensors of a kind that a runtime hands out. */
export const tensorOutputs = ({ output }: GraphProto): ImportedOutput[] =>
  output.flatMap(({ name, type }) => {
    const elemType = type?.tensorType?.elemType ?? 0;
    const dims = type?.tensorType?.shape?.dim ?? [];
    const columns = dims.length === 1 ? 1 : dims.length === 2 ? (dims[1]!.dimValue ?? 0) : 0;
    return GIVEN.some((one) => one === elemType) ? [{ name, elemType, columns }] : [];
  });
