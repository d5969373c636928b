import type { DatasetProfile, KindName } from '#domain/datasets/profile.ts';
import type { Builder, Value } from '#engine/graph.ts';
import type { Tensors } from '#engine/tensor.ts';
import type { Values } from '#engine/training/network.ts';
import type { Type } from '#engine/type.ts';
import type { TorchEncoding } from './files/torch-encoding.ts';
import type { Serving } from './serving/description.ts';
import type { Reference } from './serving/reference.ts';

/** How rows of a dataset become a network's input. It is learned from the training rows only. */
export interface Encoding {
  readonly kind: KindName;
  /** A row of the network's input. */
  readonly shape: readonly number[];
  /** The features that are one number each, as in `NetworkShape`. */
  readonly numbers?: readonly string[];
  /** The categories that are one code each, as in `NetworkShape`. */
  readonly codes?: readonly number[];
  /** What encoded rows have beside their target `y`. */
  readonly types: Readonly<Record<string, Type>>;
  /** The inputs of `model.onnx`, by name. */
  readonly inputs: Readonly<Record<string, Type>>;
  /** Names of what the file has and the network does not see. */
  readonly leftOut: readonly string[];
  /** What `serving.json` says of the inputs. */
  readonly served: Pick<Serving, 'features' | 'kind' | 'input'>;
  /** What is typical of the features, for explanations; absent for kinds that have none. */
  reference?(profile: DatasetProfile): Reference;
  /** Of forecasts, from encoded rows to what the target of each was last; absent for others. */
  lastValues?(rows: Tensors): Float64Array;
  /** How people who use the weights in PyTorch encode raw inputs. */
  torch(): TorchEncoding;
  /** From encoded rows to the network's input, [rows, …shape]. */
  front(b: Builder, rows: Values): Value;
  /** From the inputs of `model.onnx` to encoded rows. */
  encoded(b: Builder, inputs: Values): Values;
}
