/** Which tensors of a file of weights a network takes, by their names and shapes. */
import { formatShape, sameShape } from '#engine/type.ts';
import type { Family, NetworkShape } from '#zoo/family.ts';
import type { CommonHyperparameters } from '#zoo/hyperparameters.ts';
import type { TorchModule } from '#zoo/torch-module.ts';
import type { TensorShapes } from '../files/stored-tensor.ts';

export interface FittingFor {
  readonly family: Pick<Family, 'network'>;
  readonly module: TorchModule;
  readonly hyperparameters: CommonHyperparameters;
  readonly shape: NetworkShape;
  /** Whether the last layer is of the same classes. Otherwise it is drawn anew. */
  readonly keepsHead: boolean;
}

export interface Fitting {
  /** Those that the network takes, with their shapes. */
  readonly taken: ReadonlyMap<string, readonly number[]>;
  /** Those of the last layer, where it is drawn. */
  readonly drawn: readonly string[];
}

/** @returns what is wrong with the first tensor that does not fit, as "must have …", if there is one */
export function fitting(stored: TensorShapes, of: FittingFor): Fitting | string {
  const { family, module, hyperparameters, shape, keepsHead } = of;
  const wanted = module.shapes(family.network(shape, hyperparameters).parameters);
  const head = headOf(of);
  const taken = new Map<string, readonly number[]>();
  const drawn: string[] = [];
  for (const { name, shape: own } of wanted) {
    const found = stored.get(name);
    const fits = found !== undefined && sameShape(found.shape, own);
    if (head.has(name) && !(keepsHead && fits)) drawn.push(name);
    else if (!found) return `must have a tensor '${name}' ${formatShape(own)}`;
    else if (!fits) return `must have '${name}' with the shape ${formatShape(own)}; got ${formatShape(found.shape)}`;
    else taken.set(name, own);
  }
  const known = new Set(wanted.map(({ name }) => name));
  const odd = [...stored.keys()].find((name) => !known.has(name) && !COUNTER.test(name));
  return odd === undefined ? { taken, drawn } : `must not have the tensor '${odd}', which the network has not`;
}

/** PyTorch counts the batches that a normalisation has seen. Nothing is computed from it. */
const COUNTER = /\.num_batches_tracked$/;

/** The parameters whose shapes depend on the number of outputs. */
function headOf({ family, hyperparameters, shape }: FittingFor): ReadonlySet<string> {
  const shapes = (outputs: number) =>
    new Map(family.network({ ...shape, outputs }, hyperparameters).parameters.map((one) => [one.name, one.shape]));
  const others = shapes(shape.outputs + 1);
  return new Set(
    [...shapes(shape.outputs)].flatMap(([name, own]) => (sameShape(own, others.get(name)!) ? [] : [name])),
  );
}
