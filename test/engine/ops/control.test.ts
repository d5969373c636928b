import { describe, expect, test } from '@jest/globals';
import { grad } from '#engine/grad.ts';
import { Builder, topological, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';

/** hₜ = tanh(hₜ₋₁ W + xₜ), and yₜ = hₜ². */
function recurrence(b: Builder, w: Value, h: Value, x: Value, reverse = false) {
  return ops.scan(b, {
    captured: [w],
    states: [h],
    sequences: [x],
    reverse,
    body: (b, [w], [h], [x]) => {
      const next = ops.tanh(b, ops.add(b, ops.matMul(b, h!, w!), x!));
      return { states: [next], slices: [ops.mul(b, next, next)] };
    },
  });
}

const inputs = () => [random(1, [3, 3]), random(2, [2, 3]), random(3, [4, 2, 3])];

describe('scan', () => {
  test('carries states, cuts sequences and sees what it captured', async () => {
    const x = tensorFrom('float64', [3], [1, 2, 3]);
    const run = (reverse: boolean) =>
      evaluate([x, tensorFrom('float64', [], [10])], (b, [x, factor]) => {
        const { states, sequences } = ops.scan(b, {
          captured: [factor!],
          states: [b.scalar('float64', 0)],
          sequences: [x!],
          reverse,
          body: (b, [factor], [sum], [x]) => {
            const next = ops.add(b, ops.mul(b, sum!, factor!), x!);
            return { states: [next], slices: [next] };
          },
        });
        return { sum: states[0]!, path: sequences[0]! };
      });
    const forward = await run(false);
    expect([toNumbers(forward.sum!), toNumbers(forward.path!)]).toEqual([[123], [1, 12, 123]]);
    const backward = await run(true);
    expect([toNumbers(backward.sum!), toNumbers(backward.path!)]).toEqual([[321], [321, 32, 3]]);
  });

  test('goes through each sequence in the direction that it says, and in the loop’s own where it says none', async () => {
    const given = [tensorFrom('float64', [3], [1, 2, 3]), tensorFrom('float64', [3], [10, 20, 30])];
    const run = (reverse: boolean) =>
      evaluate(given, (b, [x, y]) => {
        const { states, sequences } = ops.scan(b, {
          captured: [],
          states: [b.scalar('float64', 0)],
          sequences: [x!, { value: y!, reverse: true }, { value: y!, reverse: false }],
          reverse,
          body: (b, _, [sum], [x, y, z]) => {
            const next = ops.add(b, sum!, ops.mul(b, x!, ops.sub(b, y!, z!)));
            return { states: [next], slices: [next, { value: next, reverse: true }, { value: next, reverse: false }] };
          },
        });
        return { sum: states[0]!, own: sequences[0]!, back: sequences[1]!, forth: sequences[2]! };
      });
    // y − z is 20, 0, −20.
    expect(Object.values(await run(false)).map(toNumbers)).toEqual([
      [-40],
      [20, 20, -40],
      [-40, 20, 20],
      [20, 20, -40],
    ]);
    expect(Object.values(await run(true)).map(toNumbers)).toEqual([[40], [40, 60, 60], [40, 60, 60], [60, 60, 40]]);
  });

  test.each([false, true])(
    'has a gradient by weights, first state and sequence, and that has its own (reverse: %s)',
    async (reverse) => {
      await checkGradients(inputs(), (b, [w, h, x]) => recurrence(b, w!, h!, x!, reverse).sequences[0]!);
      await checkGradients(inputs(), (b, [w, h, x]) => recurrence(b, w!, h!, x!, reverse).states[0]!);
      await checkGradients(inputs(), (b, [w, h, x]) => {
        const { states, sequences } = recurrence(b, w!, h!, x!, reverse);
        return ops.add(b, ops.reduceSum(b, states[0]!), ops.reduceSum(b, sequences[0]!));
      });
    },
  );

  test('passes gradients by integer states and over two scans in a row', async () => {
    await checkGradients(inputs(), (b, [w, h, x]) => {
      const first = recurrence(b, w!, h!, x!);
      const { sequences } = ops.scan(b, {
        captured: [],
        states: [b.scalar('int64', 0)],
        sequences: [first.sequences[0]!, x!],
        reverse: true,
        body: (b, _, [count], [y, x]) => ({
          states: [ops.add(b, count!, 1)],
          slices: [ops.mul(b, ops.mul(b, y!, x!), ops.cast(b, count!, 'float64'))],
        }),
      });
      return sequences[0]!;
    });
  });

  test('puts one product after the loop for a matrix that is only multiplied by, and none where nothing flows', async () => {
    const loop = (b: Builder, w: Value, x: Value, pick: number) =>
      ops.scan(b, {
        captured: [w],
        states: [],
        sequences: [x],
        body: (b, [w], _, [x]) => ({ states: [], slices: [ops.matMul(b, x!, w!), ops.sin(b, x!)] }),
      }).sequences[pick]!;
    for (const pick of [0, 1])
      await checkGradients(
        inputs().filter((_, i) => i !== 1),
        (b, [w, x]) => ops.sin(b, loop(b, w!, x!, pick)),
      );
    const b = new Builder();
    const [w, x] = [b.input('w', 'float32', [3, 3]), b.input('x', 'float32', [4, 2, 3])];
    const gradient = grad(b, ops.reduceSum(b, loop(b, w, x, 0)), [w])[0]!;
    expect([gradient.node!.op.name, gradient.node!.inputs[0]!.type.shape]).toEqual(['Gemm', [8, 3]]);
  });

  test('reads in its gradient what the forward loop said, and cuts no sequence that no step reads', () => {
    const bodyOfGradient = (say: 'nothing more' | 'tanh') => {
      const b = new Builder();
      const [h, x] = [b.input('h', 'float32', [3]), b.input('x', 'float32', [4, 3])];
      const { states } = ops.scan(b, {
        captured: [h],
        states: [h],
        sequences: [x, x],
        body: (b, _, [h], [x]) => {
          const y = ops.tanh(b, ops.mul(b, h!, x!));
          return { states: [ops.mul(b, y, y)], slices: say === 'tanh' ? [y] : [] };
        },
      });
      const scan = grad(b, ops.reduceSum(b, states[0]!), [h])[0]!.node!;
      const { body } = scan.attrs as ops.ScanAttrs;
      return { inputs: scan.inputs.length, ops: topological(body.outputs).map(({ op }) => op.name) };
    };
    // The state's cotangent, and slices of x and of the state or, the second time, of tanh: never all of these.
    expect(bodyOfGradient('nothing more')).toMatchObject({ inputs: 3, ops: expect.arrayContaining(['Tanh']) });
    expect(bodyOfGradient('tanh')).toMatchObject({ inputs: 3, ops: expect.not.arrayContaining(['Tanh']) });
  });

  test('refuses states that change their type, sequences of different lengths and none at all', () => {
    const b = new Builder();
    const [x, y] = [b.input('x', 'float32', [3, 2]), b.input('y', 'float32', [4])];
    const zero = b.scalar('float32', 0);
    const step = (states: Value[]) => ({ states, slices: [] });
    const scan = (sequences: Value[], body: (b: Builder, x: Value) => Value) => () =>
      ops.scan(b, { captured: [], states: [zero], sequences, body: (b, _, __, [x]) => step([body(b, x!)]) });
    expect(scan([x], (_, x) => x)).toThrow(/Scan\(.*\): wants float32\[\] in every step; got float32\[2\]/);
    expect(scan([x, y], () => zero)).toThrow(/wants sequences of length 3; got float32\[4\]/);
    expect(scan([], () => zero)).toThrow('Scan wants at least one sequence; got none');
  });
});
