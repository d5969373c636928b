/** The weights that a training starts from: those of another model, or of a file that PyTorch or another program wrote. */
import { fromHalfBits } from '#engine/half.ts';
import { type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import { initialParameters } from '#engine/training/network.ts';
import { formatShape, sameShape } from '#engine/type.ts';
import type { Family, NetworkShape } from '#zoo/family.ts';
import type { CommonHyperparameters } from '#zoo/hyperparameters.ts';
import { TrainingFailure } from '../failure.ts';
import type { StoredTensors } from '../files/stored-tensor.ts';

export interface StartingFor {
  readonly family: Family;
  readonly hyperparameters: CommonHyperparameters;
  readonly shape: NetworkShape;
  /** Whether the last layer is of the same classes. Otherwise it is drawn anew. */
  readonly keepsHead: boolean;
}

export interface StartingWeights {
  /** By the network's own names. */
  readonly parameters: Tensors;
  /** Those of the last layer, where it is drawn. */
  readonly drawn: readonly string[];
}

/** PyTorch counts the batches that a normalisation has seen. Nothing is computed from it. */
const COUNTER = /\.num_batches_tracked$/;

/** @throws TrainingFailure naming the first tensor that does not fit */
export async function startingWeights(stored: StoredTensors, of: StartingFor): Promise<StartingWeights> {
  const { family, hyperparameters, shape, keepsHead } = of;
  const module = family.torchModule?.(shape, hyperparameters);
  if (!module) {
    throw new TrainingFailure(
      `start_from must be left out for model_type ${family.name}: its models have no file of weights`,
    );
  }
  const wanted = module.state(initialParameters(family.network(shape, hyperparameters), hyperparameters.seed));
  const head = headOf(of);
  const given: Record<string, Tensor> = {};
  const drawn: string[] = [];
  for (const [name, { shape: own }] of Object.entries(wanted)) {
    const found = stored.get(name);
    const fits = found !== undefined && sameShape(found.shape, own);
    if (head.has(name) && !(keepsHead && fits)) drawn.push(name);
    else if (!found) throw misfit(`has no tensor '${name}' ${formatShape(own)}`);
    else if (!fits)
      throw misfit(`must have '${name}' with the shape ${formatShape(own)}; got ${formatShape(found.shape)}`);
    else given[name] = tensor('float32', own, numbersOf(name, await found.read()));
  }
  const odd = [...stored.keys()].find((name) => !(name in wanted) && !COUNTER.test(name));
  if (odd !== undefined) throw misfit(`has the tensor '${odd}', which the network has not`);
  return { parameters: module.parameters(given), drawn };
}

const misfit = (message: string) => new TrainingFailure(`The file of weights that the training starts from ${message}`);

/** The parameters whose shapes depend on the number of outputs. */
function headOf({ family, hyperparameters, shape }: StartingFor): ReadonlySet<string> {
  const shapes = (outputs: number) =>
    new Map(family.network({ ...shape, outputs }, hyperparameters).parameters.map((one) => [one.name, one.shape]));
  const others = shapes(shape.outputs + 1);
  return new Set(
    [...shapes(shape.outputs)].flatMap(([name, own]) => (sameShape(own, others.get(name)!) ? [] : [name])),
  );
}

function numbersOf(name: string, { dtype, data }: Tensor): Float32Array {
  if (dtype === 'float32') return data as Float32Array;
  if (dtype === 'float64') return Float32Array.from(data as Float64Array);
  if (dtype === 'float16' || dtype === 'bfloat16') {
    return Float32Array.from(data as Uint16Array, (bits) => fromHalfBits(dtype, bits));
  }
  throw misfit(`must have numbers with a fraction in '${name}'; got ${dtype}`);
}
