/** The weights that a training starts from: those of another model, or of a file that PyTorch or another program wrote. */
import { fromHalfBits } from '#engine/half.ts';
import { type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { Family } from '#zoo/family.ts';
import { TrainingFailure } from '../failure.ts';
import { areFinite } from '../files/finite-weights.ts';
import type { StoredTensors } from '../files/stored-tensor.ts';
import { type FittingFor, fitting } from './fitting.ts';

export interface StartingFor extends Omit<FittingFor, 'module' | 'family'> {
  readonly family: Family;
}

export interface StartingWeights {
  /** By the network's own names. */
  readonly parameters: Tensors;
  /** Those of the last layer, where it is drawn. */
  readonly drawn: readonly string[];
}

/** @throws TrainingFailure naming the first tensor that does not fit */
export async function startingWeights(stored: StoredTensors, of: StartingFor): Promise<StartingWeights> {
  const { family, hyperparameters, shape } = of;
  const module = family.torchModule?.(shape, hyperparameters);
  if (!module) {
    throw new TrainingFailure(
      `start_from must be left out for model_type ${family.name}: its models have no file of weights`,
    );
  }
  const fits = fitting(stored, { ...of, module });
  if (typeof fits === 'string') throw misfit(fits);
  const given: Record<string, Tensor> = {};
  for (const [name, own] of fits.taken) {
    const read = await stored.get(name)!.read();
    // An import of an earlier build did not look.
    if (!areFinite(read)) throw misfit(`must have finite weights; got NaN or Infinity in '${name}'`);
    given[name] = tensor('float32', own, numbersOf(name, read));
  }
  return { parameters: module.parameters(given), drawn: fits.drawn };
}

const misfit = (message: string) => new TrainingFailure(`The file of weights that the training starts from ${message}`);

function numbersOf(name: string, { dtype, data }: Tensor): Float32Array {
  if (dtype === 'float32') return data as Float32Array;
  if (dtype === 'float64') return Float32Array.from(data as Float64Array);
  if (dtype === 'float16' || dtype === 'bfloat16') {
    return Float32Array.from(data as Uint16Array, (bits) => fromHalfBits(dtype, bits));
  }
  throw misfit(`must have numbers with a fraction in '${name}'; got ${dtype}`);
}
