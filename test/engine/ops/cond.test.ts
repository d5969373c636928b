import { expect, test } from '@jest/globals';
import { grad } from '#engine/grad.ts';
import { Builder, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';

/** sin(x y) if the condition holds, else x³; of which the second does not depend on y. */
function choice(b: Builder, condition: Value, x: Value, y: Value): readonly Value[] {
  return ops.cond(
    b,
    condition,
    [x, y],
    (b, [x, y]) => [ops.sin(b, ops.mul(b, x!, y!)), x!],
    (b, [x]) => [ops.mul(b, x!, ops.mul(b, x!, x!)), ops.exp(b, x!)],
  );
}

test.each([true, false])('the branch that is chosen is computed (%s)', async (value) => {
  const inputs = [
    tensorFrom('bool', [], [value ? 1 : 0]),
    tensorFrom('float64', [2], [2, 3]),
    tensorFrom('float64', [2], [0.5, 1]),
  ];
  const { p, q } = await evaluate(inputs, (b, [c, x, y]) => {
    const [p, q] = choice(b, c!, x!, y!);
    return { p: p!, q: q! };
  });
  for (const [i, x] of [2, 3].entries()) {
    expect(toNumbers(p!)[i]).toBeCloseTo(value ? Math.sin(2 * x - 3) : x ** 3, 12);
    expect(toNumbers(q!)[i]).toBeCloseTo(value ? x : Math.exp(x), 12);
  }
});

test.each([1, 0])('has the gradient of its branch, and that has its own (condition %i)', async (value) => {
  const inputs = [tensorFrom('bool', [], [value]), random(1, [2, 3]), random(2, [2, 3])];
  await checkGradients(inputs, (b, [c, x, y]) => {
    const [p, q] = choice(b, c!, x!, y!);
    return ops.mul(b, p!, ops.cos(b, q!));
  });
  await checkGradients(inputs, (b, [c, x, y]) => choice(b, c!, x!, y!)[0]!);
});

test('asks its branches for the gradients that are wanted, and for no others', () => {
  const b = new Builder();
  const [c, x, y] = [b.input('c', 'bool', []), b.input('x', 'float32', [2]), b.input('y', 'float32', [2])];
  const gradient = grad(b, ops.reduceSum(b, choice(b, c, x, y)[0]!), [y])[0]!;
  expect([gradient.node!.op.name, gradient.node!.outputs.length]).toEqual(['If', 1]);
});

test('takes integers and truth values along, which have no gradient', async () => {
  const inputs = [tensorFrom('bool', [], [1]), random(1, [3]), tensorFrom('int64', [2], [2, 0])];
  await checkGradients(inputs, (b, [c, x, i]) => {
    const [y] = ops.cond(
      b,
      c!,
      [i!, x!, c!],
      (b, [i, x]) => [ops.sin(b, ops.gather(b, x!, i!))],
      (b, [i, x]) => [ops.exp(b, ops.gather(b, x!, i!))],
    );
    return y!;
  });
});

test('stands within a loop, whose gradient goes through it', async () => {
  await checkGradients([random(1, [4]), random(2, [])], (b, [x, w]) => {
    const { sequences } = ops.scan(b, {
      captured: [w!],
      states: [b.scalar('float64', 0.3)],
      sequences: [x!],
      body: (b, [w], [sum], [x]) => {
        const [next] = ops.cond(
          b,
          ops.greater(b, x!, 0),
          [w!, sum!, x!],
          (b, [w, sum, x]) => [ops.add(b, ops.mul(b, w!, sum!), x!)],
          (b, [, sum]) => [ops.sin(b, sum!)],
        );
        return { states: [next!], slices: [next!] };
      },
    });
    return sequences[0]!;
  });
});

test('refuses a condition that is no bool scalar and branches that differ', () => {
  const b = new Builder();
  const [c, x] = [b.input('c', 'bool', []), b.input('x', 'float32', [2])];
  const same = (_: Builder, [x]: readonly Value[]) => [x!];
  expect(() => ops.cond(b, x, [x], same, same)).toThrow(/wants a bool scalar for its condition; got float32\[2\]/);
  expect(() => ops.cond(b, c, [x], same, () => [])).toThrow(/wants as many values from both branches; got 1 and 0/);
  expect(() => ops.cond(b, c, [x], same, (b, [x]) => [ops.reduceSum(b, x!)])).toThrow(
    /wants the same types from both branches; got float32\[2\] and float32\[\]/,
  );
});
