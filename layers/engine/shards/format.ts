/**
 * Rows of tensors on disk, in shards that fit into memory:
 *
 *     index.json          {"format":"trainyard-shards","version":1,
 *                          "tensors":{"x":{"dtype":"float32","shape":[784]},"y":{"dtype":"int64","shape":[]}},
 *                          "shards":[{"rows":4096,"crc32":{"x":2774313846,"y":1029380213}}, …]}
 *     00000.x.bin         4096 rows of 784 numbers, one after another, little-endian, without header or gaps
 *     00000.y.bin         4096 numbers
 *     00001.x.bin         …
 *
 * The index is written last. A folder without one is incomplete.
 */
import { join } from 'node:path';
import type { FixedDType } from '../elements.ts';
import { bytesPerElement, isStatic, sizeOf, staticShape, type Type, type } from '../type.ts';

/** A folder of shards cannot be read or written. The message names the file, what was expected and what was found. */
export class ShardError extends Error {
  override readonly name = 'ShardError';
}

/** The type of a tensor's row. */
export interface RowType {
  readonly dtype: FixedDType;
  readonly shape: readonly number[];
}

export interface ShardEntry {
  readonly rows: number;
  /** The CRC-32 of each tensor's file. */
  readonly crc32: Readonly<Record<string, number>>;
}

export interface ShardIndex {
  readonly tensors: Readonly<Record<string, RowType>>;
  readonly shards: readonly ShardEntry[];
}

const FORMAT = 'trainyard-shards';
const VERSION = 1;

/** Valid tensor names. They become part of file names. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

export const indexPath = (folder: string): string => join(folder, 'index.json');

export const shardPath = (folder: string, shard: number, tensor: string): string =>
  join(folder, `${String(shard).padStart(5, '0')}.${tensor}.bin`);

/** The bytes of one tensor's row. */
export const rowBytes = ({ dtype, shape }: RowType): number => sizeOf(shape) * bytesPerElement[dtype];

/** The bytes of a row over all tensors. */
export const rowBytesOf = (tensors: Readonly<Record<string, RowType>>): number =>
  Object.values(tensors).reduce((sum, row) => sum + rowBytes(row), 0);

/** The types of such data in a training, with `rows` rows. */
export function dataTypes(tensors: Readonly<Record<string, RowType>>): Readonly<Record<string, Type>> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape }]) => [name, type(dtype, ['rows', ...shape])]),
  );
}

/**
 * The row types of a training's data.
 * @throws ShardError for strings, ShapeError for rows whose size is not known in advance
 */
export function rowTypes(data: Readonly<Record<string, Type>>): Readonly<Record<string, RowType>> {
  return Object.fromEntries(
    Object.entries(data).map(([name, { dtype, shape }]) => {
      if (dtype === 'string') throw new ShardError(`'${name}' is of strings, which cannot lie in shards`);
      return [name, { dtype, shape: staticShape(shape.slice(1)) }];
    }),
  );
}

export function writeIndex({ tensors, shards }: ShardIndex): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, tensors, shards })}\n`;
}

/** @throws ShardError if the text is not such an index */
export function readIndex(text: string, where: string): ShardIndex {
  const refuse = (what: string): never => {
    throw new ShardError(`${where} must ${what}`);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    refuse('be JSON');
  }
  if (!isRecord(parsed) || parsed.format !== FORMAT) return refuse(`say "format":"${FORMAT}"`);
  if (parsed.version !== VERSION) return refuse(`be of version ${VERSION}; got ${JSON.stringify(parsed.version)}`);
  const { tensors, shards } = parsed;
  if (!isRecord(tensors) || Object.keys(tensors).length === 0) return refuse('list tensors');
  for (const [name, row] of Object.entries(tensors)) expectRowType(name, row);
  if (!Array.isArray(shards) || shards.length === 0) return refuse('list at least one shard');
  const names = Object.keys(tensors);
  const isEntry = (entry: unknown): entry is ShardEntry =>
    isRecord(entry) &&
    isCount(entry.rows) &&
    entry.rows > 0 &&
    isRecord(entry.crc32) &&
    names.every((name) => isRecord(entry.crc32) && isCount(entry.crc32[name]));
  const entries = shards.map((entry, i) => (isEntry(entry) ? entry : refuse(`have rows and checksums for shard ${i}`)));
  return { tensors: tensors as Readonly<Record<string, RowType>>, shards: entries };
}

/** @throws ShardError if shards cannot hold such a tensor */
export function expectRowType(name: string, row: unknown): void {
  if (!NAME.test(name)) throw new ShardError(`a tensor's name must be letters, digits, _ and -; got '${name}'`);
  const { dtype, shape } = isRecord(row) ? row : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesPerElement, dtype))
    throw new ShardError(`'${name}' must be one of ${Object.keys(bytesPerElement).join(', ')}; got ${dtype}`);
  if (!Array.isArray(shape) || !isStatic(shape) || !shape.every((dim) => isCount(dim) && dim > 0))
    throw new ShardError(`a row of '${name}' must have a shape of numbers from 1; got ${JSON.stringify(shape)}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
