import { type FileHandle, open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Tensors } from '../tensor.ts';
import { ShapeError } from '../type.ts';
import { indexPath, type RowType, readIndex, ShardError, shardPath } from './format.ts';
import type { RowBuffer } from './rows.ts';

/** A system call reads at most two gibibytes. */
const PIECE = 2 ** 30;

/** A complete folder of shards, with the sizes in its index. */
export interface Shards {
  readonly folder: string;
  readonly tensors: Readonly<Record<string, RowType>>;
  /** The number of rows in each shard. */
  readonly sizes: readonly number[];
  /** The number of rows in all shards. */
  readonly rows: number;
  /**
   * Reads rows of a shard into memory.
   * @throws ShardError if a file is missing, cut short or damaged, or if its rows are not as expected
   */
  readonly load: (shard: number, into: RowBuffer, at: number) => Promise<void>;
}

/**
 * Opens a folder of shards.
 * @param expectRows throws if the rows of a shard are invalid; for a training, use `expectTargets`
 * @throws ShardError if the folder has no valid index
 */
export async function openShards(folder: string, expectRows: (rows: Tensors) => void = () => {}): Promise<Shards> {
  const path = indexPath(folder);
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new ShardError(`${path} must be there: it is written when all shards are`, { cause });
  });
  const { tensors, shards } = readIndex(text, path);
  const load = async (shard: number, into: RowBuffer, at: number): Promise<void> => {
    const { rows, crc32: checksums } = shards[shard]!;
    const one = (name: string) =>
      readWhole(shardPath(folder, shard, name), into.bytes(name, at, at + rows), rows, checksums[name]!);
    await Promise.all(Object.keys(tensors).map(one));
    try {
      expectRows(into.tensors(at + rows, at));
    } catch (cause) {
      if (!(cause instanceof ShapeError)) throw cause;
      throw new ShardError(`shard ${shard} of ${folder}: ${cause.message}`, { cause });
    }
  };
  const sizes = shards.map(({ rows }) => rows);
  return { folder, tensors, sizes, rows: sizes.reduce((sum, rows) => sum + rows, 0), load };
}

async function readWhole(path: string, into: Uint8Array, rows: number, checksum: number): Promise<void> {
  const file: FileHandle = await open(path).catch((cause) => {
    throw new ShardError(`${path} must be there, since the index names it`, { cause });
  });
  await using _ = file;
  const { size } = await file.stat();
  if (size !== into.byteLength)
    throw new ShardError(`${path} must have ${into.byteLength} bytes for ${rows} rows; got ${size}`);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(into, at, Math.min(PIECE, size - at), at);
    if (bytesRead === 0) throw new ShardError(`${path} must have ${size} bytes; it ended at ${at} while it was read`);
    at += bytesRead;
  }
  const found = crc32(into);
  if (found !== checksum)
    throw new ShardError(`${path} must have the checksum ${checksum}; got ${found}: it is damaged`);
}
