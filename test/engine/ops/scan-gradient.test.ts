import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad } from '#engine/grad.ts';
import { Builder, Graph, type Node, topological, type Value } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import type { Shape } from '#engine/type.ts';
import { checkGradients, evaluate, random } from '../harness.ts';

const [STEPS, BATCH, UNITS] = [4, 2, 3];
const w = () => random(1, [UNITS, UNITS]);
const h = () => random(2, [BATCH, UNITS]);
const x = () => random(3, [STEPS, BATCH, UNITS]);

/** The loops that the gradient of a loop's sequence by its captured matrix is made of, the backward one last. */
function loopsOf(
  loop: (b: Builder, w: Value, h: Value, x: Value) => Value,
  by: 'w' | 'h' = 'w',
): Node<ops.ScanAttrs>[] {
  const b = new Builder();
  const input = (name: string, shape: Shape) => b.input(name, 'float32', shape);
  const inputs = { w: input('w', [UNITS, UNITS]), h: input('h', [BATCH, UNITS]), x: input('x', [STEPS, BATCH, UNITS]) };
  const y = loop(b, inputs.w, inputs.h, inputs.x);
  const gradient = grad(b, ops.reduceSum(b, y), [inputs[by]]);
  return topological(gradient).filter((node): node is Node<ops.ScanAttrs> => node.op.name === 'Scan');
}

/** A step h ← tanh(product(h, w) + x) that says h; x goes its own way if that is said. */
function loopOf(
  product: (b: Builder, h: Value, w: Value) => Value,
  { reverse = false, sequence = reverse }: { readonly reverse?: boolean; readonly sequence?: boolean } = {},
) {
  return (b: Builder, w: Value, h: Value, x: Value): Value =>
    ops.scan(b, {
      captured: [w],
      states: [h],
      sequences: [{ value: x, reverse: sequence }],
      reverse,
      body: (b, [w], [h], [x]) => {
        const next = ops.tanh(b, ops.add(b, product(b, h!, w!), x!));
        return { states: [next], slices: [next] };
      },
    }).sequences[0]!;
}

describe('the gradient of a loop', () => {
  test('goes on where a state forgets the one before it', async () => {
    const forget = (b: Builder, h: Value, x: Value) =>
      ops.scan(b, {
        captured: [],
        states: [h],
        sequences: [x],
        body: (b, _, [h], [x]) => ({ states: [ops.sin(b, x!)], slices: [ops.mul(b, h!, h!)] }),
      });
    await checkGradients([h(), x()], (b, [h, x]) => forget(b, h!, x!).sequences[0]!);
    await checkGradients([h(), x()], (b, [h, x]) => {
      const { states, sequences } = forget(b, h!, x!);
      return ops.add(b, ops.reduceSum(b, sequences[0]!), ops.reduceSum(b, ops.sin(b, states[0]!)));
    });
    await checkGradients([h(), x()], (b, [h, x]) => forget(b, h!, x!).states[0]!);
  });

  test('is zero by a sequence of which only the signs are read', async () => {
    await checkGradients([x(), random(4, [STEPS, BATCH, UNITS])], (b, [x, z]) =>
      ops.add(
        b,
        ops.scan(b, {
          captured: [],
          states: [],
          sequences: [x!, z!],
          body: (b, _, __, [x, z]) => ({
            states: [],
            slices: [ops.where(b, ops.greater(b, z!, 0), ops.sin(b, x!), x!)],
          }),
        }).sequences[0]!,
        ops.reduceSum(b, ops.mul(b, z!, 0.1)),
      ),
    );
  });

  test('carries the state’s cotangent alone, and says one cotangent a step for a matrix that is only multiplied by', () => {
    const loop = (b: Builder, w: Value, h: Value, x: Value) =>
      ops.scan(b, {
        captured: [w],
        states: [h, b.scalar('int64', 0)],
        sequences: [x],
        body: (b, [w], [h, count], [x]) => {
          const next = ops.tanh(b, ops.gemm(b, h!, w!, x!));
          return { states: [next, ops.add(b, count!, 1)], slices: [next] };
        },
      }).sequences[0]!;
    const [backward] = loopsOf(loop).slice(-1);
    expect([backward!.attrs.states, backward!.attrs.body.outputs.length]).toEqual([1, 2]);
  });

  test('goes through several captured matrices', async () => {
    await checkGradients(
      [w(), random(5, [UNITS, UNITS]), random(6, [UNITS, UNITS]), h(), x()],
      (b, [p, q, r, h, x]) => {
        const { sequences } = ops.scan(b, {
          captured: [p!, q!, r!],
          states: [h!],
          sequences: [x!],
          body: (b, [p, q, r], [h], [x]) => {
            const y = ops.add(b, ops.matMul(b, h!, p!), ops.matMul(b, x!, q!));
            const next = ops.tanh(b, ops.matMul(b, ops.sin(b, y), r!));
            return { states: [next], slices: [next] };
          },
        });
        return sequences[0]!;
      },
    );
  });

  test.each([
    [2, 'which lie in one order', {}],
    [2, 'which lie in one order', { reverse: true }],
    [3, 'which lie in two', { sequence: true }],
    [3, 'which lie in two', { reverse: true, sequence: false }],
  ])('says a cotangent in %d results that a sequence and a matrix’s other factor need, %s: %o', (count, _, ways) => {
    const b = new Builder();
    const input = (name: string, shape: Shape) => b.input(name, 'float32', shape);
    const [w, h, x] = [input('w', [UNITS, UNITS]), input('h', [BATCH, UNITS]), input('x', [STEPS, BATCH, UNITS])];
    const y = loopOf((b, h, w) => ops.matMul(b, h, w), ways)(b, w, h, x);
    const nodes = topological(grad(b, ops.reduceSum(b, y), [w, x]));
    const [backward] = nodes.filter((node): node is Node<ops.ScanAttrs> => node.op.name === 'Scan').slice(-1);
    expect(backward!.attrs.body.outputs).toHaveLength(count);
  });

  const ways = fc.record({
    reverse: fc.boolean(),
    x: fc.boolean(),
    y: fc.boolean(),
    said: fc.boolean(),
    square: fc.boolean(),
  });
  test('goes through each sequence the other way round, and has a gradient', async () => {
    const property = fc.asyncProperty(ways, async ({ reverse, x, y, said, square }) => {
      const given = [
        w(),
        random(5, [UNITS, UNITS]),
        h(),
        random(3, [STEPS, BATCH, UNITS]),
        random(6, [STEPS, BATCH, UNITS]),
      ];
      await checkGradients(given, (b, [w, v, h, xs, ys]) => {
        const { states, sequences } = ops.scan(b, {
          captured: [w!, v!],
          states: [h!],
          sequences: [
            { value: xs!, reverse: x },
            { value: ys!, reverse: y },
          ],
          reverse,
          body: (b, [w, v], [h], [x, y]) => {
            const next = ops.tanh(b, ops.add(b, ops.matMul(b, h!, w!), ops.mul(b, x!, ops.matMul(b, y!, v!))));
            return {
              states: [next],
              slices: [{ value: next, reverse: said }, { value: ops.mul(b, next, next), reverse: square }, h!],
            };
          },
        });
        const weighed = sequences.map((one, i) => ops.mul(b, one, b.constant(random(10 + i, [STEPS, 1, 1]))));
        return weighed.reduce((sum, one) => ops.add(b, sum, one), states[0]!);
      });
    });
    await fc.assert(property, { seed: 3, numRuns: 16 });
  });
});

describe('a captured matrix is taken out of the loop', () => {
  const hoisted = (loop: ReturnType<typeof loopOf>): boolean => loopsOf(loop).at(-1)!.attrs.states === 1;

  test('if it is multiplied by as it is, with a bias or without', async () => {
    const products = {
      matMul: (b: Builder, h: Value, w: Value) => ops.matMul(b, h, w),
      gemm: (b: Builder, h: Value, w: Value) => ops.gemm(b, h, w),
      biased: (b: Builder, h: Value, w: Value) =>
        ops.gemm(b, h, w, b.constant(random(7, [UNITS], -1, 1, h.type.dtype))),
    };
    for (const product of Object.values(products)) {
      expect(hoisted(loopOf(product))).toBe(true);
      await checkGradients([w(), h(), x()], (b, [w, h, x]) => loopOf(product)(b, w!, h!, x!));
    }
  });

  test('and not if it is transposed, on the left, or used twice', async () => {
    const products = {
      transposed: (b: Builder, h: Value, w: Value) => ops.gemm(b, h, w, undefined, { transY: true }),
      left: (b: Builder, h: Value, w: Value) => ops.transpose(b, ops.matMul(b, w, ops.transpose(b, h))),
      twice: (b: Builder, h: Value, w: Value) => ops.matMul(b, ops.matMul(b, h, w), w),
      'transposed rows': (b: Builder, h: Value, w: Value) =>
        ops.gemm(b, ops.transpose(b, h), w, undefined, { transX: true }),
    };
    for (const product of Object.values(products)) {
      expect(hoisted(loopOf(product))).toBe(false);
      await checkGradients([w(), h(), x()], (b, [w, h, x]) => loopOf(product)(b, w!, h!, x!));
    }
  });

  test('and not if either side of the product is a batch of matrices', async () => {
    const step = (b: Builder, h: Value, w: Value, x: Value) =>
      ops.scan(b, {
        captured: [w],
        states: [h],
        sequences: [x],
        body: (b, [w], [h], [x]) => {
          const next = ops.sin(b, ops.add(b, ops.matMul(b, h!, w!), x!));
          return { states: [next], slices: [] };
        },
      }).states[0]!;
    const batch = [5, BATCH, UNITS];
    await checkGradients([w(), random(8, batch), random(9, [STEPS, ...batch])], (b, [w, h, x]) => step(b, h!, w!, x!));
    const matrices = random(10, [5, UNITS, UNITS]);
    await checkGradients([matrices, x(), random(9, [STEPS, ...batch])], (b, [w, y, z]) => {
      const { sequences } = ops.scan(b, {
        captured: [w!],
        states: [],
        sequences: [y!, z!],
        body: (b, [w], _, [y, z]) => ({ states: [], slices: [ops.mul(b, ops.matMul(b, y!, w!), z!)] }),
      });
      return sequences[0]!;
    });
  });

  test.each([
    ['steps', ['steps', BATCH, UNITS], [BATCH, UNITS]],
    ['rows', [STEPS, 'rows', UNITS], ['rows', UNITS]],
  ] as const)('and not if the number of its %s is not known', async (_, sequence, state) => {
    const run = async (shapes: readonly [Shape, Shape]) => {
      const b = new Builder();
      const inputs = [
        b.input('w', 'float32', [UNITS, UNITS]),
        b.input('h', 'float32', shapes[1]),
        b.input('x', 'float32', shapes[0]),
      ];
      const y = loopOf((b, h, w) => ops.matMul(b, h, w))(b, inputs[0]!, inputs[1]!, inputs[2]!);
      const gradient = grad(b, ops.reduceSum(b, y), [inputs[0]!])[0]!;
      await using session = await openSession(writeModel(new Graph('g', inputs, { gradient }), { producer: 'test' }));
      const float = (seed: number, shape: number[]) => random(seed, shape, -1, 1, 'float32');
      const feeds = { w: float(1, [UNITS, UNITS]), h: float(2, [BATCH, UNITS]), x: float(3, [STEPS, BATCH, UNITS]) };
      return toNumbers((await session.run(feeds)).gradient!);
    };
    const known = await run([
      [STEPS, BATCH, UNITS],
      [BATCH, UNITS],
    ]);
    for (const [i, value] of (await run([sequence, state])).entries()) expect(value).toBeCloseTo(known[i]!, 5);
  });
});

describe('a loop', () => {
  const path = (b: Builder, sequences: readonly Value[], pick: number) =>
    ops.scan(b, {
      captured: [],
      states: [b.scalar('float64', 0)],
      sequences,
      body: (b, _, [sum], slices) => {
        const next = ops.add(b, sum!, slices[pick] ?? b.scalar('float64', 1));
        return { states: [next], slices: [next] };
      },
    }).sequences[0]!;

  test('goes forward if nothing else is said, over whichever sequence it reads, or over none of them', async () => {
    const inputs = [tensorFrom('float64', [3], [1, 2, 3]), tensorFrom('float64', [3], [10, 20, 30])];
    const results = await evaluate(inputs, (b, [x, y]) => ({
      first: path(b, [x!, y!], 0),
      second: path(b, [x!, y!], 1),
      none: path(b, [x!], 1),
    }));
    expect(Object.values(results).map(toNumbers)).toEqual([
      [1, 3, 6],
      [10, 30, 60],
      [1, 2, 3],
    ]);
  });

  test('refuses a scalar for a sequence', () => {
    const b = new Builder();
    expect(() => path(b, [b.input('x', 'float64', [])], 0)).toThrow('wants sequences of length 0; got float64[]');
  });
});
