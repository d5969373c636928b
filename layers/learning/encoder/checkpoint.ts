/** The weights of an encoder from a file of tensors, by the names that transformers gives them, and back. */
import { fromHalfBits } from '#engine/half.ts';
import { type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import { formatShape, sameShape } from '#engine/type.ts';
import type { Encoder, EncoderParameter } from '#zoo/encoders/encoder.ts';

/** A tensor that is still in its file. */
export interface StoredWeight {
  readonly shape: readonly number[];
  read(): Promise<Tensor>;
}

export interface EncoderWeights {
  readonly parameters: Tensors;
  /** Parameters of the head that the file lacks, or has for other classes: they are drawn. */
  readonly missing: readonly string[];
}

/** A file's tensors do not fit the configuration beside it. The message names the first. */
export class WeightsMisfit extends Error {
  override readonly name = 'WeightsMisfit';
}

/**
 * The parameters that a file has, in float32 whatever it holds them in. One tensor after another is read, so that the
 * memory beyond the weights is that of the largest.
 * @throws WeightsMisfit for a parameter below the head that is missing, or has another shape
 */
export async function readEncoder(
  encoder: Encoder,
  stored: ReadonlyMap<string, StoredWeight>,
): Promise<EncoderWeights> {
  const parameters: Record<string, Tensor> = {};
  const missing: string[] = [];
  const transposer = new Transposer();
  for (const { parameter, name, weight } of placeWeights(encoder, stored)) {
    if (!weight) {
      missing.push(parameter.name);
      continue;
    }
    const values = floats(name, await weight.read());
    parameters[parameter.name] = tensor(
      'float32',
      parameter.shape,
      parameter.isTransposed ? transposer.inPlace(values, weight.shape) : values,
    );
  }
  return { parameters, missing };
}

/**
 * Looks whether a file's tensors fit, without reading them.
 * @throws WeightsMisfit as `readEncoder` does
 */
export function expectFit(encoder: Encoder, stored: ReadonlyMap<string, StoredWeight>): void {
  for (const _ of placeWeights(encoder, stored));
}

interface Placed {
  readonly parameter: EncoderParameter;
  /** In the file. */
  readonly name: string;
  /** Undefined for one of the head that the file lacks, or has for other classes. */
  readonly weight: StoredWeight | undefined;
}

function* placeWeights(encoder: Encoder, stored: ReadonlyMap<string, StoredWeight>): Generator<Placed> {
  for (const parameter of encoder.parameters) {
    const name = namesOf(parameter.name, encoder.prefix).find((one) => stored.has(one)) ?? parameter.name;
    const weight = stored.get(name);
    const wanted = storedShape(parameter);
    const fits = weight !== undefined && sameShape(weight.shape, wanted);
    if (!fits && parameter.depth <= encoder.layers) throw misfitOf(name, wanted, weight);
    yield { parameter, name, weight: fits ? weight : undefined };
  }
}

function misfitOf(name: string, wanted: readonly number[], found: StoredWeight | undefined): WeightsMisfit {
  if (!found) return new WeightsMisfit(`the weights lack '${name}' ${formatShape(wanted)}`);
  return new WeightsMisfit(
    `'${name}' of the weights must have the shape ${formatShape(wanted)}; got ${formatShape(found.shape)}`,
  );
}

/** The parameters as a file has them. */
export function* storedWeights(encoder: Encoder, parameters: Tensors): Generator<readonly [string, Tensor]> {
  for (const parameter of encoder.parameters) {
    const { name, isTransposed } = parameter;
    const value = parameters[name]!;
    if (!isTransposed) yield [name, value];
    else {
      const data = transposed(value.data as Float32Array, value.shape, new Float32Array(value.data.length));
      yield [name, tensor('float32', storedShape(parameter), data)];
    }
  }
}

const storedShape = ({ shape, isTransposed }: EncoderParameter): readonly number[] =>
  isTransposed ? shape.toReversed() : shape;

/** Norms were once called by the letters of their paper; an encoder without a head has no prefix. */
function namesOf(name: string, prefix: string): string[] {
  const old = name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta');
  const bare = (one: string) => (one.startsWith(prefix) ? [one, one.slice(prefix.length)] : [one]);
  return [...bare(name), ...bare(old)];
}

/** In float32, whatever a file holds them in. Throws `WeightsMisfit` for what are no floating-point numbers. */
export function floats(name: string, { dtype, data }: Tensor): Float32Array {
  if (dtype === 'float32') return data as Float32Array;
  if (dtype === 'float16' || dtype === 'bfloat16') {
    return Float32Array.from(data as Uint16Array, (bits) => fromHalfBits(dtype, bits));
  }
  if (dtype === 'float64') return Float32Array.from(data as Float64Array);
  throw new WeightsMisfit(`'${name}' of the weights must hold floating-point numbers; got ${dtype}`);
}

/** Transposes without leaving another array of each size behind: all together they are as large as the weights. */
class Transposer {
  #scratch = new Float32Array();

  inPlace(values: Float32Array, shape: readonly number[]): Float32Array {
    if (this.#scratch.length < values.length) this.#scratch = new Float32Array(values.length);
    const result = transposed(values, shape, this.#scratch).subarray(0, values.length);
    // What is read may be a view of a file in memory, which stays as it is.
    const isOwn = values.byteLength === values.buffer.byteLength;
    if (!isOwn) return result.slice();
    values.set(result);
    return values;
  }
}

/** A matrix with rows and columns exchanged, in blocks that stay in the processor's cache. */
function transposed(values: Float32Array, shape: readonly number[], result: Float32Array): Float32Array {
  const [rows, columns] = shape as readonly [number, number];
  for (let top = 0; top < rows; top += BLOCK) {
    for (let left = 0; left < columns; left += BLOCK) {
      for (let row = top; row < Math.min(rows, top + BLOCK); row++) {
        for (let column = left; column < Math.min(columns, left + BLOCK); column++) {
          result[column * rows + row] = values[row * columns + column]!;
        }
      }
    }
  }
  return result;
}

const BLOCK = 32;
