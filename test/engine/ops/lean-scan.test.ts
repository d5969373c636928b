import { expect, test } from '@jest/globals';
import { type Builder, topological, type Value } from '#engine/graph.ts';
import type { ScanAttrs } from '#engine/ops/control.ts';
import * as ops from '#engine/ops/index.ts';
import { leanScan } from '#engine/ops/lean-scan.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import type { Shape } from '#engine/type.ts';
import { evaluate, random } from '../harness.ts';

type Body = Parameters<typeof leanScan>[1]['body'];

/**
 * The loop over t = 1, 2, 3 and x [3, 4] that carries a number from 10, the operations that are left in it, and the shapes of
 * what its steps take and give, the state among them.
 */
async function run(body: Body, loop: typeof leanScan | typeof ops.scan = leanScan) {
  let inLoop: string[] = [];
  let [taken, given]: (readonly Shape[])[] = [[], []];
  const build = (b: Builder, [t, x, factor]: readonly Value[]) => {
    const { states, sequences } = loop(b, {
      captured: [factor!],
      states: [b.scalar('float64', 10)],
      sequences: [t!, x!],
      body,
    });
    const all = topological([...states, ...sequences]);
    const scan = all.find(({ op }) => op.name === 'Scan')!;
    const { body: step } = scan.attrs as ScanAttrs;
    inLoop = topological(step.outputs).map(({ op }) => op.name);
    [taken, given] = [step.inputs, step.outputs].map((values) => values.map(({ type }) => type.shape));
    return { state: states[0]!, ...Object.fromEntries(sequences.map((one, i) => [`sequence${i}`, one])) };
  };
  const found = await evaluate([tensorFrom('float64', [3], [1, 2, 3]), random(1, [3, 4]), random(2, [])], build);
  const results = Object.values(found).map(toNumbers);
  return { inLoop: inLoop.filter((name) => name !== 'Constant'), taken, given, results };
}

const mean: Body = (b, [factor], [sum], [t, x]) => {
  const bias = ops.sub(b, 1, ops.pow(b, b.scalar('float64', 0.9), t!));
  const positive = ops.where(b, ops.greater(b, x!, 0), ops.mul(b, x!, t!), 0);
  const share = ops.div(b, positive, ops.reduceSum(b, ops.abs(b, x!)));
  const column = ops.squeeze(b, ops.unsqueeze(b, share, [1]), [1]);
  const total = ops.reduceSum(b, ops.mul(b, column, sum!));
  return { states: [ops.add(b, ops.mul(b, total, factor!), bias)], slices: [total, ops.cast(b, bias, 'float32')] };
};

test('what follows from slices alone is computed before the loop, to the same bits', async () => {
  const [ahead, within] = [await run(mean), await run(mean, ops.scan)];
  expect(ahead.results).toEqual(within.results);
  expect(ahead.inLoop).toEqual(['Mul', 'ReduceSum', 'Mul', 'Add']);
  expect(within.inLoop).toHaveLength(15);
});

test('what follows from states or captured values, or is larger than the largest slice, stays in the loop', async () => {
  const body: Body = (b, [factor], [sum], [t]) => {
    const outer = ops.mul(b, t!, b.constant(tensorFrom('float64', [5], [1, 2, 0, 0, 0])));
    const next = ops.add(b, ops.mul(b, sum!, t!), ops.reduceSum(b, outer));
    return { states: [next], slices: [ops.mul(b, t!, factor!)] };
  };
  const { inLoop, results } = await run(body);
  expect(inLoop.sort()).toEqual(['Add', 'Mul', 'Mul', 'Mul', 'ReduceSum']);
  expect(results[0]).toEqual([((10 + 3) * 2 + 6) * 3 + 9]);
});

test('what only results follow from is computed after the loop, to the same bits', async () => {
  const body: Body = (b, [factor], [sum], [t, x]) => {
    const errors = ops.mul(b, x!, sum!);
    const own = ops.reduceSum(b, ops.mul(b, ops.abs(b, errors), x!));
    const both = ops.add(b, own, ops.reduceSum(b, ops.mul(b, x!, factor!)));
    return { states: [ops.add(b, ops.reduceSum(b, errors), t!)], slices: [own, both, ops.neg(b, errors)] };
  };
  const [lean, within] = [await run(body), await run(body, ops.scan)];
  expect(lean.results).toEqual(within.results);
  // The sum of two values of the loop stays there, and so does what it is the sum of.
  expect(lean.inLoop.sort()).toEqual(['Abs', 'Add', 'Add', 'Mul', 'Mul', 'Mul', 'ReduceSum', 'ReduceSum', 'ReduceSum']);
  const alone = await run((...of) => {
    const { states, slices } = body(...of);
    return { states, slices: slices.slice(0, 1) };
  });
  expect(alone.inLoop.sort()).toEqual(['Add', 'Mul', 'ReduceSum']);
  expect(alone.results[1]).toEqual(within.results[1]);
});

test('a loop of which only states are left still takes its steps', async () => {
  const { results } = await run((b, _, [sum], [t]) => ({ states: [ops.mul(b, sum!, 2)], slices: [ops.neg(b, t!)] }));
  expect(results).toEqual([[80], [-1, -2, -3]]);
});

test('steps take and give only what is read', async () => {
  const body: Body = (b, _, [sum], [t, x]) => {
    const product = ops.reduceSum(b, ops.mul(b, x!, sum!));
    return { states: [ops.add(b, sum!, product)], slices: [ops.mul(b, product, t!), ops.neg(b, t!)] };
  };
  const [lean, within] = [await run(body), await run(body, ops.scan)];
  expect(lean.results).toEqual(within.results);
  // The state and x, and the state and the product.
  expect([lean.taken, lean.given]).toEqual([
    [[], [4]],
    [[], []],
  ]);
});

test('states and captured values may have several dimensions', async () => {
  const run = (loop: typeof leanScan | typeof ops.scan) =>
    evaluate([random(1, [2, 2]), random(2, [2, 3]), random(3, [4, 3])], (b, [factor, state, rows]) => {
      const { states, sequences } = loop(b, {
        ...{ captured: [factor!], states: [state!], sequences: [rows!] },
        body: (inner, [by], [matrix], [row]) => {
          const next = ops.add(inner, ops.matMul(inner, by!, matrix!), row!);
          return { states: [next], slices: [ops.reduceSum(inner, next)] };
        },
      });
      return { state: states[0]!, sums: sequences[0]! };
    });
  expect(await run(leanScan)).toEqual(await run(ops.scan));
});
