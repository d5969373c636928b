/** Where rows are encoded to, one after another: memory, or shards on disk if there are too many. */
import type { RowType } from '#engine/shards/format.ts';
import { rowBytesOf } from '#engine/shards/format.ts';
import { openShards } from '#engine/shards/read.ts';
import { RowBuffer } from '#engine/shards/rows.ts';
import { ShardWriter } from '#engine/shards/write.ts';
import type { EncodedRows } from './fit/rows.ts';

/** The size of a shard: small enough to hold several in memory, large enough to read one efficiently. */
export const SHARD_BYTES = 2 ** 25;
/** Of rows that wait to be dealt into shards. */
const WAITING_BYTES = 2 ** 20;

export interface RowSinkSpec {
  /** A row of each tensor. */
  readonly tensors: Readonly<Record<string, RowType>>;
  /** How many there will be. */
  readonly rows: number;
  /** A folder for shards. Default: the rows are kept in memory. */
  readonly folder?: string;
  readonly shardBytes?: number;
  readonly seed: number;
}

export class RowSink {
  readonly #spec: RowSinkSpec;
  readonly #writer: ShardWriter | undefined;
  readonly #buffer: RowBuffer;
  readonly #room: number;
  #filled = 0;

  private constructor(spec: RowSinkSpec, writer: ShardWriter | undefined) {
    const { tensors, rows } = spec;
    this.#spec = spec;
    this.#writer = writer;
    this.#room = writer ? Math.max(1, Math.min(rows, Math.floor(WAITING_BYTES / rowBytesOf(tensors)))) : rows;
    this.#buffer = new RowBuffer(tensors, this.#room);
  }

  static async create(spec: RowSinkSpec): Promise<RowSink> {
    const { tensors, rows, folder, seed, shardBytes = SHARD_BYTES } = spec;
    if (folder === undefined) return new RowSink(spec, undefined);
    const shards = Math.ceil((rows * rowBytesOf(tensors)) / Math.max(shardBytes, rowBytesOf(tensors)));
    return new RowSink(spec, await ShardWriter.create(folder, { tensors, shards, seed }));
  }

  /** The bytes of the next row of a tensor, which the caller fills before `add`. */
  row(name: string): Uint8Array {
    return this.#buffer.bytes(name, this.#filled, this.#filled + 1);
  }

  async add(): Promise<void> {
    this.#filled++;
    if (this.#writer && this.#filled === this.#room) await this.#flush(this.#writer);
  }

  /** All rows. */
  async finish(): Promise<EncodedRows> {
    if (!this.#writer) return this.#buffer.tensors(this.#filled);
    if (this.#filled > 0) await this.#flush(this.#writer);
    await this.#writer.finish();
    return openShards(this.#spec.folder!);
  }

  async #flush(writer: ShardWriter): Promise<void> {
    await writer.append(this.#buffer.tensors(this.#filled));
    this.#filled = 0;
  }
}
