import type { EncodedData, Preparation } from './fit/task.ts';

export interface Prepared {
  readonly preparation: Preparation;
  readonly data: EncodedData;
  readonly rows: { readonly training: number; readonly validation: number };
}

export interface PrepareOptions {
  /** The part of the rows that is kept back, 0–0.9. */
  readonly validationSplit: number;
  readonly seed: number;
  /** Where rows may lie that memory does not hold; without it they are refused. */
  readonly scratch?: Scratch;
  /** Called between the pieces of data that are encoded onto the disk, which takes a while; what it throws ends that. */
  readonly between?: () => Promise<void>;
}

/** Room on disk, and bounds that have defaults. The same bounds give the same training. */
export interface Scratch {
  /** Empty; to be deleted after the fit. */
  readonly folder: string;
  /** Data that would take more memory lie on disk. */
  readonly residentBytes?: number;
  /** Of rows that are parsed and encoded together. */
  readonly pieceRows?: number;
  /** About the size of a shard of encoded rows. */
  readonly shardBytes?: number;
}
