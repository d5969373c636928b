import type { Tensor } from '#engine/tensor.ts';

/** A tensor that is still in its file. */
export interface StoredTensor {
  readonly name: string;
  /** As its file calls it, such as `float32`. */
  readonly type: string;
  readonly shape: readonly number[];
  /** How many bytes of the file reading it takes: of a view, from its first element to its last. */
  readonly span: number;
  /**
   * Reads it. Integers of 8 and 16 bits become int32; everything else keeps its type.
   * @throws WeightsError
   */
  read(): Promise<Tensor>;
}

/** By name, in the order of the file. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** What fits a network is decided by. */
export type TensorShapes = ReadonlyMap<string, Pick<StoredTensor, 'shape'>>;
