import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad } from '#engine/grad.ts';
import { Builder, Graph, type Value } from '#engine/graph.ts';
import { peakBytes } from '#engine/memory/liveness.ts';
import { type Layer, recomputed, recomputedLayer } from '#engine/memory/recompute.ts';
import { parseModel } from '#engine/onnx/proto.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { adam } from '#engine/optim/adam.ts';
import { heUniform, ones, zeros } from '#engine/random.ts';
import { openSession } from '#engine/run.ts';
import { simplify } from '#engine/simplify.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { batchesOf } from '#engine/training/gradients.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import type { Mode, Network, ParameterSpec, Values } from '#engine/training/network.ts';
import { initialState, stateTypes } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Training } from '#engine/training/training.ts';
import { trainStep } from '#engine/training/update.ts';
import { checkGradients, evaluate, random } from '../harness.ts';

/** A part of a graph as it is, and as one that is computed again. */
const plainly = (b: Builder, inputs: readonly Value[], body: Parameters<typeof recomputed>[2]) => body(b, inputs);
const bothWays = [plainly, recomputed];

describe('a recomputed part', () => {
  test('has the gradients of its function, and they have theirs', async () => {
    await checkGradients([random(1, [3, 4]), random(2, [4, 4]), random(3, [4])], (b, [x, w, c]) => {
      const layer = (x: Value) =>
        recomputed(b, [x], (b, [x]) => [ops.tanh(b, ops.add(b, ops.matMul(b, x!, w!), c!))])[0]!;
      return ops.mul(b, layer(layer(x!)), ops.sin(b, x!));
    });
  });

  test('keeps apart a weight that its input depends on as well', async () => {
    await checkGradients([random(1, [2, 3]), random(2, [3, 3])], (b, [x, w]) => {
      const h = ops.matMul(b, x!, w!);
      return recomputed(b, [h], (b, [h]) => [ops.exp(b, ops.matMul(b, h!, w!))])[0]!;
    });
  });

  test('may have several inputs and outputs, may pass an input on and may hold another such part', async () => {
    await checkGradients([random(1, [3]), random(2, [3])], (b, [x, y]) => {
      const [p, q, r] = recomputed(b, [x!, y!], (b, [x, y]) => {
        const [inner] = recomputed(b, [x!], (b, [x]) => [ops.sin(b, ops.mul(b, x!, y!))]);
        return [inner!, x!, ops.cos(b, y!)];
      });
      return ops.mul(b, ops.mul(b, p!, q!), r!);
    });
  });

  test('works in a loop and with integers', async () => {
    await checkGradients([random(1, [4, 3]), random(2, [3])], (b, [xs, s]) => {
      const positions = b.constant(tensorFrom('int64', [3], [2, 0, 1]));
      const { states } = ops.scan(b, {
        captured: [positions],
        states: [s!],
        sequences: [xs!],
        body: (b, [i], [s], [x]) => {
          const next = recomputed(b, [s!, x!, i!], (b, [s, x, i]) => [
            ops.tanh(b, ops.gather(b, ops.mul(b, s!, x!), i!)),
          ]);
          return { states: next, slices: [] };
        },
      });
      return states[0]!;
    });
  });

  test('starts from the very same numbers: also −0, infinities and NaN', async () => {
    const x = tensorFrom('float64', [4], [-0, 0, Number.POSITIVE_INFINITY, Number.NaN]);
    const slope = async (part: typeof recomputed) => {
      const { g } = await evaluate([x], (b, [x]) => {
        const [y] = part(b, [x!], (b, [x]) => {
          const r = ops.reciprocal(b, x!);
          return [ops.mul(b, r, r)];
        });
        return { g: grad(b, ops.reduceSum(b, y!), [x!])[0]! };
      });
      return toNumbers(g!);
    };
    expect(await slope(recomputed)).toEqual(await slope(plainly));
    expect((await slope(recomputed)).slice(0, 2)).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  });

  test('changes no bit of any value or gradient: random programs', async () => {
    const steps = [ops.add, ops.sub, ops.mul, ops.maximum];
    const line = fc.record({ op: fc.nat(steps.length - 1), x: fc.nat(), y: fc.nat() });
    const property = fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), async (lines) => {
      const results = bothWays.map((part) =>
        evaluate([random(4, [5]), random(5, [5])], (b, [x, w]) => {
          const [y] = part(b, [x!], (b, [x]) => {
            const values = [x!, w!, ops.tanh(b, x!)];
            for (const { op, x, y } of lines)
              values.push(ops.tanh(b, steps[op]!(b, values[x % values.length]!, values[y % values.length]!)));
            return [values.at(-1)!];
          });
          const [g, h] = grad(b, ops.reduceSum(b, ops.mul(b, y!, y!)), [x!, w!]);
          return { y: y!, g: g!, h: h! };
        }),
      );
      const [plain, again] = await Promise.all(results);
      expect(again).toEqual(plain);
    });
    await fc.assert(property, { seed: 3, numRuns: 30 });
  });

  test('names the place of what does not fit', () => {
    const b = new Builder();
    const [x, w] = [b.input('x', 'float32', [2, 3]), b.input('w', 'float32', [2, 3])];
    const build = () => b.at('block.7', () => recomputed(b, [x], (b, [x]) => [ops.matMul(b, x!, w)]));
    expect(build).toThrow(/MatMul\(float32\[2, 3\], float32\[2, 3\]\) at block\.7/);
  });
});

const [WIDTH, DEPTH, ROWS] = [8, 12, 6];

/** A deep network of blocks with normalisation, running statistics and dropout. */
function deepNetwork(depth: number, isRecomputed: boolean): Network {
  const names = Array.from({ length: depth }, (_, i) => `${i}`);
  const parameter = (name: string, shape: number[], initializer: ParameterSpec['initializer'], trainable = true) => ({
    ...{ name, shape, initializer, trainable },
    decay: false,
  });
  const block =
    (name: string, p: Values): Layer =>
    (b, x, mode) => {
      if (!mode.training) return x;
      const norm = ops.batchNormTraining(b, ops.matMul(b, x, p[`${name}.w`]!), {
        gain: p[`${name}.gain`]!,
        bias: p[`${name}.bias`]!,
        mean: p[`${name}.mean`]!,
        variance: p[`${name}.variance`]!,
      });
      mode.carry(`${name}.mean`, norm.mean);
      mode.carry(`${name}.variance`, norm.variance);
      const y = ops.tanh(b, ops.mul(b, ops.sigmoid(b, norm.y), norm.y));
      return ops.add(b, x, ops.dropout(b, y, 0.25, { ...mode, stream: name }));
    };
  const layer = (b: Builder, x: Value, mode: Mode, of: Layer) =>
    isRecomputed ? recomputedLayer(b, x, mode, of) : of(b, x, mode);
  return {
    parameters: names.flatMap((name) => [
      parameter(`${name}.w`, [WIDTH, WIDTH], heUniform),
      parameter(`${name}.gain`, [WIDTH], ones),
      parameter(`${name}.bias`, [WIDTH], zeros),
      parameter(`${name}.mean`, [WIDTH], zeros, false),
      parameter(`${name}.variance`, [WIDTH], ones, false),
    ]),
    forward: (b, p, x, mode) => names.reduce((y, name) => b.at(name, () => layer(b, y, mode, block(name, p))), x),
  };
}

function specOf(isRecomputed: boolean, overrides: Partial<TrainSpec> = {}, depth = DEPTH): TrainSpec {
  return {
    data: { x: { dtype: 'float32', shape: [ROWS, WIDTH] }, y: { dtype: 'int64', shape: [ROWS] } },
    target: 'y',
    network: deepNetwork(depth, isRecomputed),
    loss: softmaxCrossEntropy,
    optimizer: adam({ learningRate: 0.01 }),
    batchSize: 4,
    seed: 5,
    ...overrides,
  };
}

const data = {
  x: random(1, [ROWS, WIDTH], -1, 1, 'float32'),
  y: tensorFrom('int64', [ROWS], [0, 1, 2, 3, 4, 5]),
};

async function trained(spec: TrainSpec) {
  const options = { threads: 1 } as const;
  await using training = await Training.open(compileTrain(spec), data, initialState(spec, 1), options);
  const scores = await training.run([[0, 1, 2], [3, 4, 5, 0], [1]]);
  return { scores, state: training.state };
}

/** The graph of one training step. */
function stepGraph(spec: TrainSpec): Graph {
  const b = new Builder();
  const inputs = (types: ReturnType<typeof stateTypes>) =>
    Object.fromEntries(Object.entries(types).map(([name, { dtype, shape }]) => [name, b.input(name, dtype, shape)]));
  const [state, rows] = [inputs(stateTypes(spec)), inputs(spec.data)];
  const batch = b.input('batch', 'int64', [spec.batchSize]);
  const { after, scores } = trainStep(b, spec, state, rows, batchesOf(b, batch));
  const all = [...Object.values(state), ...Object.values(rows), batch];
  return simplify(new Graph('step', all, [...Object.values(after), ...scores]));
}

describe('a network of recomputed layers', () => {
  test('learns the same, bit for bit: masks, running statistics, moments, scores', async () => {
    expect(await trained(specOf(true))).toEqual(await trained(specOf(false)));
  });

  test('learns the same in parts of a batch and in half precision', async () => {
    for (const overrides of [{ accumulation: 2 }, { precision: 'float16', emulateHalf: true }] as const)
      expect(await trained(specOf(true, overrides))).toEqual(await trained(specOf(false, overrides)));
  });

  test('keeps less than half of what lives at once, and less than a third of what each layer adds', () => {
    const peak = (isRecomputed: boolean, depth: number) => peakBytes(stepGraph(specOf(isRecomputed, {}, depth)));
    expect(peak(true, DEPTH)).toBeLessThan(peak(false, DEPTH) / 2);
    const added = (isRecomputed: boolean) => peak(isRecomputed, 2 * DEPTH) - peak(isRecomputed, DEPTH);
    expect(added(true)).toBeLessThan(added(false) / 3);
  });

  test('is still recomputed in what the runtime makes of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'recompute-'));
    const count = async (isRecomputed: boolean) => {
      const graph = stepGraph(specOf(isRecomputed));
      const path = join(folder, `${isRecomputed}.onnx`);
      await using _ = await openSession(writeModel(graph, { producer: 'test' }), { optimizedModelPath: path });
      return parseModel(await readFile(path)).graph.node.filter(({ opType }) => opType === 'Tanh').length;
    };
    try {
      expect([await count(false), await count(true)]).toEqual([DEPTH, 2 * DEPTH]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('is the layers themselves where nothing is learned', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [2, WIDTH]);
    const layer: Layer = (b, x) => ops.tanh(b, x);
    expect(recomputedLayer(b, x, { training: false }, layer).node?.op.name).toBe('Tanh');
  });
});

describe('peakBytes', () => {
  const bytesOf = (build: (b: Builder, x: Value) => Value) => {
    const b = new Builder();
    const x = b.input('x', 'float32', [10]);
    return peakBytes(new Graph('g', [x], { y: build(b, x) }));
  };

  test('counts what lives at once, not inputs, outputs, constants and views', () => {
    expect(bytesOf((b, x) => ops.exp(b, x))).toBe(0);
    expect(bytesOf((b, x) => ops.exp(b, ops.reshape(b, ops.exp(b, x), [5, 2])))).toBe(40);
    expect(bytesOf((b, x) => ops.exp(b, ops.exp(b, ops.exp(b, ops.exp(b, x)))))).toBe(80);
    expect(bytesOf((b, x) => ops.mul(b, ops.exp(b, x), ops.add(b, ops.tanh(b, x), ops.sin(b, x))))).toBe(120);
    expect(bytesOf((b, x) => ops.mul(b, ops.exp(b, x), b.constant(random(1, [10], 0, 1, 'float32'))))).toBe(40);
  });

  test('counts what a loop needs inside', () => {
    const loop = (inner: (b: Builder, x: Value) => Value) =>
      bytesOf((b, x) => {
        const { states } = ops.scan(b, {
          captured: [],
          states: [b.scalar('float32', 0)],
          sequences: [x],
          body: (b, _, [s], [x]) => ({ states: [ops.add(b, s!, ops.reduceSum(b, inner(b, x!)))], slices: [] }),
        });
        return states[0]!;
      });
    expect(loop((b, x) => ops.expand(b, x, [100])) - loop((_, x) => x)).toBeGreaterThanOrEqual(396);
  });

  test('names a shape that is not known', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows']);
    expect(() => peakBytes(new Graph('g', [x], { y: ops.exp(b, ops.exp(b, x)) }))).toThrow('rows');
  });
});
