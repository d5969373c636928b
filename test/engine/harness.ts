import { grad } from '#engine/grad.ts';
import { Builder, Graph, type Value } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { add, mul } from '#engine/ops/elementwise.ts';
import { reduceSum } from '#engine/ops/reduce.ts';
import { cast } from '#engine/ops/select.ts';
import { uniformStream } from '#engine/random.ts';
import { openSession } from '#engine/run.ts';
import { simplify } from '#engine/simplify.ts';
import { type Tensor, type Tensors, tensorFrom, toNumbers, typeOf } from '#engine/tensor.ts';
import { type DType, isFloat, sizeOf } from '#engine/type.ts';

/** Builds a graph over named inputs. */
export type Build = (b: Builder, inputs: readonly Value[]) => Readonly<Record<string, Value>>;

/** A session for one graph that checks, on every run, that what was inferred is what the runtime returned. */
export async function open(inputs: readonly Tensor[], build: Build, prepare: (graph: Graph) => Graph = simplify) {
  const b = new Builder();
  const values = inputs.map((input, i) => b.input(`x${i}`, input.dtype, input.shape));
  const outputs = build(b, values);
  const graph = prepare(new Graph('test', values, outputs));
  const session = await openSession(writeModel(graph, { producer: 'test' }), { threads: 1 });
  return {
    outputs,
    dispose: () => session.dispose(),
    async run(feeds: readonly Tensor[]): Promise<Tensors> {
      const results = await session.run(Object.fromEntries(feeds.map((feed, i) => [`x${i}`, feed])));
      for (const [name, value] of Object.entries(outputs)) {
        const [wanted, got] = [JSON.stringify(value.type), JSON.stringify(typeOf(results[name]!))];
        if (wanted !== got) throw new Error(`inferred ${wanted} for '${name}'; the runtime returned ${got}`);
      }
      return results;
    },
  };
}

/** Runs a graph once. */
export async function evaluate(
  inputs: readonly Tensor[],
  build: Build,
  prepare?: (graph: Graph) => Graph,
): Promise<Tensors> {
  const session = await open(inputs, build, prepare);
  try {
    return await session.run(inputs);
  } finally {
    await session.dispose();
  }
}

/** Numbers in [low, high) that depend on nothing but the seed. */
export function random(seed: number, shape: readonly number[], low = -1, high = 1, dtype: DType = 'float64'): Tensor {
  const uniform = uniformStream(seed, `${dtype}${shape.join('x')}`);
  return tensorFrom(
    dtype,
    shape,
    Array.from({ length: sizeOf(shape) }, () => low + (high - low) * uniform()),
  );
}

interface Tolerance {
  readonly step: number;
  readonly relative: number;
}

/** Of central differences in each precision: the error is step² and rounding / step. */
const tolerances: Readonly<Record<'float32' | 'float64', Tolerance>> = {
  float32: { step: 1e-2, relative: 2e-2 },
  float64: { step: 1e-5, relative: 1e-6 },
};

/** Σ of products, over inputs, as a scalar. */
function dot(b: Builder, xs: readonly Value[], ys: readonly Value[]): Value {
  return xs.map((x, i) => reduceSum(b, mul(b, x, ys[i]!))).reduce((sum, term) => add(b, sum, term));
}

/**
 * Checks the gradient of Σ r·f(x), r random, and the gradient of that gradient's product with a random v, against
 * central differences along a random direction; that the gradient by each input alone is what it is beside others; and
 * that the types of f(x) and of the gradients are those that the runtime returns.
 * @throws Error with both numbers
 */
export async function checkGradients(
  inputs: readonly Tensor[],
  f: (b: Builder, inputs: readonly Value[]) => Value,
  { order = 2, seed = 1 }: { readonly order?: 1 | 2; readonly seed?: number } = {},
): Promise<void> {
  const floating = inputs.flatMap((input, i) => (isFloat(input.dtype) ? [i] : []));
  const dtype = inputs[floating[0]!]!.dtype === 'float32' ? 'float32' : 'float64';
  const { step, relative } = tolerances[dtype];
  const like = (salt: number) => floating.map((i) => random(seed + salt + 97 * i, inputs[i]!.shape, -1, 1, dtype));
  const directions = like(1000);
  const session = await open(inputs, (b, xs) => {
    const by = floating.map((i) => xs[i]!);
    const constants = (tensors: readonly Tensor[]) => tensors.map((t) => b.constant(t));
    const y = f(b, xs);
    const weights = b.constant(random(seed + 5, y.type.shape.map(Number), 0.5, 1.5, dtype));
    const value = dot(b, [cast(b, y, dtype)], [weights]);
    const first = grad(b, value, by);
    const slope = dot(b, first, constants(directions));
    const apart = by.map((x) => grad(b, value, [x])[0]!);
    const slopeApart = dot(b, apart, constants(directions));
    const typed = { y, ...Object.fromEntries(first.map((gradient, i) => [`gradient${i}`, gradient])) };
    if (order === 1) return { ...typed, value, slope, slopeApart };
    const value2 = dot(b, first, constants(like(2000)));
    return { ...typed, value, slope, slopeApart, value2, slope2: dot(b, grad(b, value2, by), constants(directions)) };
  });
  try {
    const moved = (distance: number) =>
      inputs.map((input, i) => {
        const k = floating.indexOf(i);
        if (k < 0) return input;
        const direction = toNumbers(directions[k]!);
        return tensorFrom(
          input.dtype,
          input.shape,
          toNumbers(input).map((x, j) => x + distance * direction[j]!),
        );
      });
    const [here, ahead, behind] = [
      await session.run(inputs),
      await session.run(moved(step)),
      await session.run(moved(-step)),
    ];
    const at = (results: Tensors, name: string) => toNumbers(results[name]!)[0]!;
    const expectNear = (exact: number, other: number, words: string) => {
      const scale = Math.max(1, Math.abs(exact), Math.abs(other));
      if (!(Math.abs(exact - other) <= relative * scale)) throw new Error(`${words} ${other}`);
    };
    for (const [value, slope] of [
      ['value', 'slope'],
      ['value2', 'slope2'],
    ].slice(0, order)) {
      const difference = (at(ahead!, value!) - at(behind!, value!)) / (2 * step);
      const exact = at(here!, slope!);
      expectNear(exact, difference, `${slope} by the graph is ${exact}; by central differences`);
    }
    const together = at(here!, 'slope');
    expectNear(together, at(here!, 'slopeApart'), `slope by all inputs is ${together}; by each alone and added up`);
  } finally {
    await session.dispose();
  }
}
