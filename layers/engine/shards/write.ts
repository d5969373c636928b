import { mkdir, rename, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { bytesOf } from '../elements.ts';
import { uniformStream } from '../random.ts';
import { shuffled } from '../shuffle.ts';
import { type Tensors, typeOf } from '../tensor.ts';
import { formatType, sameShape } from '../type.ts';
import { expectRowType, indexPath, type RowType, rowBytesOf, ShardError, shardPath, writeIndex } from './format.ts';
import { RowBuffer } from './rows.ts';

export interface ShardSpec {
  /** The row type of each tensor, by name. */
  readonly tensors: Readonly<Record<string, RowType>>;
  /** The number of shards into which rows are dealt. */
  readonly shards: number;
  readonly seed: number;
}

/** The approximate memory for rows that wait to be written. */
const WAITING_BYTES = 2 ** 24;
const MAX_SHARDS = 65_536;

/** A shard that is being written. */
interface Pile {
  readonly waiting: RowBuffer;
  /** The number of rows in total, and of those that wait to be written. */
  rows: number;
  waits: number;
  readonly crc32: Record<string, number>;
}

/**
 * Writes rows into shards. Rows are dealt like cards: in each round, every shard gets one row, in an order drawn from
 * the seed. So each shard of a table that is sorted by class resembles the whole.
 */
export class ShardWriter {
  readonly #folder: string;
  readonly #spec: ShardSpec;
  readonly #piles: readonly Pile[];
  /** The most rows that a pile holds before they are written. */
  readonly #most: number;
  #round: Int32Array = new Int32Array();
  #rows = 0;

  private constructor(folder: string, spec: ShardSpec) {
    this.#folder = folder;
    this.#spec = spec;
    const { tensors, shards } = spec;
    const most = Math.max(1, Math.floor(WAITING_BYTES / (shards * rowBytesOf(tensors))));
    this.#most = most;
    const pile = () => ({ waiting: new RowBuffer(tensors, most), rows: 0, waits: 0, crc32: {} });
    this.#piles = Array.from({ length: shards }, pile);
  }

  /**
   * Begins writing to a folder, which is created if it does not exist. Shards in it are overwritten.
   * @throws ShardError
   */
  static async create(folder: string, spec: ShardSpec): Promise<ShardWriter> {
    const { tensors, shards } = spec;
    if (!Number.isInteger(shards) || shards < 1 || shards > MAX_SHARDS)
      throw new ShardError(`shards must be between 1 and ${MAX_SHARDS}; got ${shards}`);
    if (Object.keys(tensors).length === 0) throw new ShardError('shards must hold at least one tensor; got none');
    for (const [name, row] of Object.entries(tensors)) expectRowType(name, row);
    await mkdir(folder, { recursive: true });
    return new ShardWriter(folder, spec);
  }

  /**
   * Deals some rows, which are copied.
   * @param rows [rows, …] of each tensor, with the same number of rows
   * @throws ShardError if they do not have the declared types
   */
  async append(rows: Tensors): Promise<void> {
    const { tensors, shards, seed } = this.#spec;
    const count = countOf(rows, tensors);
    const all = Object.keys(tensors).map((name) => ({ name, bytes: bytesOf(rows[name]!) }));
    for (let row = 0; row < count; row++) {
      const place = this.#rows % shards;
      if (place === 0) this.#round = shuffled(shards, uniformStream(seed, `deal ${this.#rows / shards}`));
      const shard = this.#round[place]!;
      const pile = this.#piles[shard]!;
      for (const { name, bytes } of all) {
        const width = bytes.byteLength / count;
        pile.waiting.bytes(name, pile.waits, pile.waits + 1).set(bytes.subarray(row * width, (row + 1) * width));
      }
      this.#rows++;
      pile.rows++;
      pile.waits++;
      if (pile.waits === this.#most) await this.#flush(shard, pile);
    }
  }

  /**
   * Completes the folder, which can then be read.
   * @throws ShardError if there are fewer rows than shards
   */
  async finish(): Promise<void> {
    const { tensors, shards } = this.#spec;
    if (this.#rows < shards)
      throw new ShardError(`${shards} shards must have at least a row each; got ${this.#rows} rows`);
    for (const [shard, pile] of this.#piles.entries()) await this.#flush(shard, pile);
    const path = indexPath(this.#folder);
    const index = { tensors, shards: this.#piles.map(({ rows, crc32 }) => ({ rows, crc32 })) };
    await writeFile(`${path}.part`, writeIndex(index));
    await rename(`${path}.part`, path);
  }

  async #flush(shard: number, pile: Pile): Promise<void> {
    const isFirst = pile.rows === pile.waits;
    for (const name of Object.keys(this.#spec.tensors)) {
      const bytes = pile.waiting.bytes(name, 0, pile.waits);
      pile.crc32[name] = crc32(bytes, pile.crc32[name] ?? 0);
      await writeFile(shardPath(this.#folder, shard, name), bytes, { flag: isFirst ? 'w' : 'a' });
    }
    pile.waits = 0;
  }
}

/** @throws ShardError */
function countOf(rows: Tensors, types: Readonly<Record<string, RowType>>): number {
  const count = Object.values(rows)[0]?.shape[0] ?? 0;
  for (const [name, { dtype, shape }] of Object.entries(types)) {
    const got = rows[name];
    const wanted = { dtype, shape: [count, ...shape] };
    if (!got || got.dtype !== dtype || !sameShape(got.shape, wanted.shape))
      throw new ShardError(
        `rows of '${name}' must be ${formatType(wanted)}; got ${got ? formatType(typeOf(got)) : 'none'}`,
      );
  }
  return count;
}
