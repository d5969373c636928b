/** How far the outputs of two models differ, on inputs made up for it. */
import { type Uniform, uniformStream } from '../../random.ts';
import { openSession, RuntimeError, type Session } from '../../run.ts';
import { type Tensor, type Tensors, tensor, tensorFrom, toNumbers } from '../../tensor.ts';
import { type DType, sizeOf, type Type } from '../../type.ts';
import { decodeType, OnnxError } from '../decode.ts';
import { type GraphProto, parseModel } from '../proto.ts';
import { fieldsOf } from '../wire.ts';

export interface Difference {
  /** Of any number of an output. */
  readonly largest: number;
  readonly mean: number;
  /** The smallest and the largest number of the first model's outputs, which say what a difference means. */
  readonly range: readonly [number, number];
  /** How many rows, or whatever the first dimension is, were put in. */
  readonly samples: number;
  /** The standard deviations of the inputs that are floating-point numbers, as many rows of each. */
  readonly scales: readonly number[];
}

const SEED = 1;
/** Numbers for dimensions that have none: of the first, and of the others. Some models take one row only. */
const SIZES = [
  { first: 8, other: 8 },
  { first: 1, other: 1 },
] as const;
/** A model that standardises its inputs answers all those of one scale alike, if it learned from another. */
const SCALES = [0.01, 0.1, 1, 10, 100] as const;
/** So many elements are put in at most. */
const MOST_ELEMENTS = 4_000_000;

/**
 * Runs both on the same inputs: normally distributed numbers of several scales, and small whole ones. A run cannot be stopped, so a model
 * that could run for ever is refused.
 * @throws OnnxError or RuntimeError if that cannot be run
 */
export async function compareOutputs(model: Uint8Array, other: Uint8Array): Promise<Difference> {
  const { graph } = parseModel(model);
  expectPlain(model, graph);
  const initialized = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !initialized.has(name));
  const types = inputs.map((input) => [input.name, decodeType(input)] as const);
  const wanted = graph.output.filter(({ type }) => type?.tensorType !== undefined).map(({ name }) => name);
  if (wanted.length === 0) throw new OnnxError('none of its outputs is a tensor');
  await using first = await openSession(model, { threads: 1 });
  await using second = await openSession(other, { threads: 1 });
  let fault: unknown;
  for (const sizes of SIZES) {
    try {
      const pairs: Pair[] = [];
      for (const scale of SCALES) {
        const feeds = feedsOf(types, sizes, scale);
        pairs.push({ a: await numbersOf(first, feeds, wanted), b: await numbersOf(second, feeds, wanted) });
      }
      return differenceOf(pairs, sizes.first);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      fault = error;
    }
  }
  throw fault;
}

/** The fields of the format that hold tensors or graphs elsewhere than the graph itself. */
const FUNCTIONS = 25;
const SPARSE = 15;

function expectPlain(model: Uint8Array, { node: nodes, initializer }: GraphProto): void {
  for (const { number, value } of fieldsOf(model)) {
    if (number === FUNCTIONS) throw new OnnxError('a model with functions of its own is not run here');
    if (number !== 7 || value === undefined) continue;
    for (const one of fieldsOf(value)) if (one.number === SPARSE) throw new OnnxError('sparse weights are not read');
  }
  const tensors = [...initializer, ...nodes.flatMap(({ attribute }) => attribute.flatMap(({ t }) => (t ? [t] : [])))];
  // The runtime would look for the file on this machine.
  if (tensors.some(({ dataLocation, externalData }) => dataLocation === 1 || externalData?.length))
    throw new OnnxError('weights in another file are not read');
  if (nodes.some(({ attribute }) => attribute.some(({ g }) => g !== undefined)))
    throw new OnnxError('a model with loops or branches is not run here');
}

type Sizes = (typeof SIZES)[number];

function feedsOf(types: readonly (readonly [string, Type])[], sizes: Sizes, scale: number): Tensors {
  const uniform = uniformStream(SEED, 'inputs');
  const shaped = types.map(([name, { dtype, shape }]) => {
    const dims = shape.map((dim, i) =>
      typeof dim === 'number' && dim > 0 ? dim : i === 0 ? sizes.first : sizes.other,
    );
    return { name, dtype, dims };
  });
  const elements = shaped.reduce((sum, { dims }) => sum + sizeOf(dims), 0);
  if (elements > MOST_ELEMENTS) throw new OnnxError(`its inputs have ${elements} elements; tried are ${MOST_ELEMENTS}`);
  return Object.fromEntries(
    shaped.map(({ name, dtype, dims }) => [name, madeUp({ dtype, shape: dims }, uniform, scale)]),
  );
}

interface Made {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

function madeUp({ dtype, shape }: Made, uniform: Uniform, scale: number): Tensor {
  const count = sizeOf(shape);
  if (dtype === 'string')
    return tensor(
      'string',
      shape,
      Array.from({ length: count }, () => 'a'),
    );
  const isFloat = dtype === 'float32' || dtype === 'float64';
  return tensorFrom(
    dtype,
    shape,
    Array.from({ length: count }, () => (isFloat ? scale * normal(uniform) : Math.floor(2 * uniform()))),
  );
}

/** Box and Muller 1958. */
const normal = (uniform: Uniform): number =>
  Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

async function numbersOf(session: Session, feeds: Tensors, wanted: readonly string[]): Promise<number[][]> {
  const outputs = await session.run(feeds, wanted);
  return wanted.map((name) => outputs[name]!).flatMap((one) => (one.dtype === 'string' ? [] : [toNumbers(one)]));
}

/** The outputs of both, of the same inputs. */
interface Pair {
  readonly a: readonly number[][];
  readonly b: readonly number[][];
}

function differenceOf(pairs: readonly Pair[], rows: number): Difference {
  let [largest, sum, count, least, most] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [output, others] of pairs.flatMap(({ a, b }) => a.map((one, i) => [one, b[i]!] as const))) {
    if (others.length !== output.length) throw new OnnxError('the outputs have other shapes');
    for (const [j, value] of output.entries()) {
      if (!Number.isFinite(value)) continue;
      const difference = Math.abs(value - others[j]!);
      // Not a number where it was one.
      if (!Number.isFinite(difference)) throw new OnnxError('the outputs are not finite');
      largest = Math.max(largest, difference);
      sum += difference;
      count += 1;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  if (count === 0) throw new OnnxError('its outputs have no numbers');
  return { largest, mean: sum / count, range: [least, most], samples: rows * pairs.length, scales: SCALES };
}
