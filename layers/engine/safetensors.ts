/**
 * Named tensors in one file, in the safetensors format: the length of the header (8 bytes), the header (JSON, with the
 * type, shape and offset of each tensor, and metadata), then the elements of one tensor after another. Numbers are
 * little-endian. So is the memory of every machine on which Node.js runs, so nothing needs to be converted.
 */
import { bytesOf, type FixedDType, tensorOver } from './elements.ts';
import type { Tensor, Tensors } from './tensor.ts';
import { bytesPerElement, sizeOf } from './type.ts';

/** The bytes are not such a file. The message says why. */
export class FileFormatError extends Error {
  override readonly name = 'FileFormatError';
}

export interface NamedTensors {
  readonly tensors: Tensors;
  readonly metadata: Readonly<Record<string, string>>;
}

const names: Readonly<Record<FixedDType, string>> = {
  float64: 'F64',
  int64: 'I64',
  float32: 'F32',
  int32: 'I32',
  float16: 'F16',
  bfloat16: 'BF16',
  bool: 'BOOL',
};

const storedTypes = Object.keys(names) as FixedDType[];

const ALIGNMENT = 8;
/** The most that other readers accept. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';

/**
 * Returns the file as consecutive pieces. All but the first are the tensors' own memory, so nothing is copied.
 * @throws FileFormatError if a tensor holds strings or is called `__metadata__`
 */
export function writeSafetensors(tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array[] {
  // The widest elements come first, so that each tensor is aligned to its element size.
  const entries = Object.entries(tensors)
    .map(([name, t]) => ({ name, t, dtype: storedType(name, t) }))
    .sort((a, b) => bytesPerElement[b.dtype] - bytesPerElement[a.dtype] || (a.name < b.name ? -1 : 1));
  let end = 0;
  const header = entries.map(({ name, t, dtype }) => {
    const start = end;
    end += t.data.length * bytesPerElement[dtype];
    return [name, { dtype: names[dtype], shape: t.shape, data_offsets: [start, end] }] as const;
  });
  const words = Object.keys(metadata).length > 0 ? [[METADATA, metadata] as const] : [];
  const json = Buffer.from(JSON.stringify(Object.fromEntries([...words, ...header])));
  const padded = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const head = Buffer.alloc(LENGTH_BYTES + padded, ' ');
  head.writeBigUInt64LE(BigInt(padded));
  json.copy(head, LENGTH_BYTES);
  return [head, ...entries.map(({ t }) => bytesOf(t))];
}

function storedType(name: string, { dtype }: Tensor): FixedDType {
  if (dtype === 'string') throw new FileFormatError(`tensor '${name}' must hold numbers; got strings`);
  if (name === METADATA) throw new FileFormatError(`a tensor may not be called ${METADATA}`);
  return dtype;
}

/**
 * Reads a file. Tensors are views of its bytes if those are aligned, otherwise copies.
 * @throws FileFormatError if the file is cut short or is not in this format
 */
export function readSafetensors(file: Uint8Array): NamedTensors {
  const length = headerBytes(file, file.length);
  const data = file.subarray(LENGTH_BYTES + length);
  const { places, metadata } = readHeader(file.subarray(LENGTH_BYTES, LENGTH_BYTES + length), data.length);
  const entries = places.map(
    ({ name, dtype, shape, start, end }) => [name, tensorOver(dtype, shape, data.subarray(start, end))] as const,
  );
  return { tensors: Object.fromEntries(entries), metadata };
}

/** Where a tensor's elements lie behind the header. */
export interface TensorPlace {
  readonly name: string;
  readonly dtype: FixedDType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** How many bytes the length of a header takes, with which a file begins. */
export const LENGTH_BYTES = 8;

/**
 * How many bytes the header takes that follows them.
 * @param begin at least the first `LENGTH_BYTES` bytes of a file of `fileBytes`
 * @throws FileFormatError
 */
export function headerBytes(begin: Uint8Array, fileBytes: number): number {
  if (fileBytes < LENGTH_BYTES) throw new FileFormatError(`it must have ${LENGTH_BYTES} bytes; got ${fileBytes}`);
  const length = Number(Buffer.from(begin.buffer, begin.byteOffset, LENGTH_BYTES).readBigUInt64LE());
  const most = Math.min(MAX_HEADER_BYTES, fileBytes - LENGTH_BYTES);
  if (length > most) throw new FileFormatError(`its header must have at most ${most} bytes; got ${length}`);
  return length;
}

/**
 * The tensors in the order of their places, which must fill the data behind the header.
 * @throws FileFormatError
 */
export function readHeader(header: Uint8Array, dataBytes: number) {
  const parsed = parse(Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('utf8'));
  if (!isRecord(parsed)) throw new FileFormatError('its header is no JSON object');
  const { [METADATA]: metadata = {}, ...all } = parsed;
  const places = Object.entries(all)
    .map(([name, place]): TensorPlace => ({ name, ...expectPlace(name, place) }))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const { name, start, end } of places) {
    if (start !== at) throw new FileFormatError(`tensor '${name}' must begin at byte ${at}; got ${start}`);
    at = end;
    if (at > dataBytes) throw new FileFormatError(`its tensors need ${at} bytes; got ${dataBytes}`);
  }
  if (at !== dataBytes) throw new FileFormatError(`its tensors must take ${dataBytes} bytes; got ${at}`);
  return { places, metadata: expectWords(metadata) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function expectPlace(name: string, place: unknown) {
  const { dtype: called, shape, data_offsets: offsets } = isRecord(place) ? place : {};
  const dtype = storedTypes.find((one) => names[one] === called);
  if (dtype === undefined) throw new FileFormatError(`tensor '${name}' has the unknown type ${JSON.stringify(called)}`);
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2)
    throw new FileFormatError(`tensor '${name}' has no shape or no place`);
  const [start, end] = offsets as [number, number];
  const bytes = sizeOf(shape) * bytesPerElement[dtype];
  if (end - start !== bytes) throw new FileFormatError(`tensor '${name}' must have ${bytes} bytes; got ${end - start}`);
  return { dtype, shape, start, end };
}

function expectWords(metadata: unknown): Readonly<Record<string, string>> {
  if (!isRecord(metadata)) throw new FileFormatError('its metadata are no JSON object');
  return Object.fromEntries(
    Object.entries(metadata).map(([name, word]) => {
      if (typeof word !== 'string') throw new FileFormatError(`its metadata '${name}' must be a string`);
      return [name, word];
    }),
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
