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

const LENGTH_BYTES = 8;
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
  const { header, data } = splitFile(file);
  const { [METADATA]: metadata = {}, ...places } = header;
  let end = 0;
  const entries = Object.entries(places)
    .map(([name, place]) => ({ name, ...expectPlace(name, place) }))
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map(({ name, dtype, shape, start, end: stop }) => {
      if (start !== end) throw new FileFormatError(`tensor '${name}' must begin at byte ${end}; got ${start}`);
      end = stop;
      if (end > data.length) throw new FileFormatError(`its tensors need ${end} bytes; got ${data.length}`);
      return [name, tensorOver(dtype, shape, data.subarray(start, end))] as const;
    });
  if (end !== data.length) throw new FileFormatError(`its tensors must take ${data.length} bytes; got ${end}`);
  return { tensors: Object.fromEntries(entries), metadata: expectWords(metadata) };
}

function splitFile(file: Uint8Array): { header: Readonly<Record<string, unknown>>; data: Uint8Array } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < LENGTH_BYTES) throw new FileFormatError(`it must have ${LENGTH_BYTES} bytes; got ${bytes.length}`);
  const length = Number(bytes.readBigUInt64LE());
  const most = Math.min(MAX_HEADER_BYTES, bytes.length - LENGTH_BYTES);
  if (length > most) throw new FileFormatError(`its header must have at most ${most} bytes; got ${length}`);
  const header = parse(bytes.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + length));
  if (!isRecord(header)) throw new FileFormatError('its header is no JSON object');
  return { header, data: bytes.subarray(LENGTH_BYTES + length) };
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
