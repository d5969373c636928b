import type { DatasetWarning } from '#domain/datasets/warnings.ts';
import type { Job } from '#domain/training/record.ts';
import type { Wanted } from '#zoo/family.ts';
import type { FileBytes } from './files/file-bytes.ts';
import type { EncodedData, Preparation } from './fit/task.ts';
import type { RowThread } from './row-thread.ts';
import type { Fold } from './table/split-sizes.ts';
import type { TableStart } from './table/start.ts';

export interface Prepared {
  readonly preparation: Preparation;
  readonly data: EncodedData;
  readonly rows: { readonly training: number; readonly validation: number; readonly test: number };
  /** What the split shows about the data, beside what the profile says. */
  readonly warnings: readonly DatasetWarning[];
}

export interface PrepareOptions {
  /** The share of rows for validation, 0–0.9. */
  readonly validationSplit: number;
  /** Of rows for a test after the training. Default: 0. */
  readonly testSplit?: number;
  readonly seed: number;
  /** Of rows that no column divides. Default: stratified. */
  readonly split?: Job['split'];
  /** What the family asks for. Default: nothing. */
  readonly wanted?: Wanted;
  /** For tables: the encoding of the model whose weights the training starts from. Default: it is learned from the rows. */
  readonly start?: TableStart;
  /** Which part of the rows is for validation, of so many parts. Default: `validationSplit` says how many rows are. */
  readonly fold?: Fold;
  /** Where to put rows that do not fit into memory. Without it, such data is refused. */
  readonly scratch?: Scratch;
  /** How many threads read a large table, the trainer's own included. Default: 1. */
  readonly threads?: number;
  /** For tables: one that takes a part of the work at columns and rows. Default: the trainer's own thread does it all. */
  readonly thread?: RowThread | undefined;
  /** Of a large table: its columns as an earlier reading has recorded them, which are read instead where they can be. */
  readonly columns?: FileBytes;
  /** Called between pieces while data is slowly encoded onto the disk. What it throws ends the encoding. */
  readonly between?: () => Promise<void>;
}

/** Space on disk, and bounds that have defaults. The same bounds give the same training. */
export interface Scratch {
  /** An empty folder. The caller deletes it after the fit. */
  readonly folder: string;
  /** Data that would take more memory is kept on disk. */
  readonly residentBytes?: number;
  /** Rows that are parsed and encoded together. */
  readonly pieceRows?: number;
  /** The approximate size of a shard of encoded rows. */
  readonly shardBytes?: number;
}
