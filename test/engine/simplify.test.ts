import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad } from '#engine/grad.ts';
import { Builder, Graph, topological, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { simplify } from '#engine/simplify.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { evaluate, random } from './harness.ts';

/** The operations that are left of a graph over one input x [3], constants not counted. */
function left(build: (b: Builder, x: Value) => Value): string[] {
  const b = new Builder();
  const x = b.input('x', 'float64', [3]);
  const graph = simplify(new Graph('g', [x], { y: build(b, x) }));
  return topological(graph.outputs).flatMap(({ op }) => (op.name === 'Constant' ? [] : [op.name]));
}

describe('simplify', () => {
  test('keeps apart what differs by the sign of an infinity alone', async () => {
    const { y } = await evaluate([random(1, [1])], (b, [x]) => ({
      y: ops.concat(
        b,
        [ops.pad(b, x!, 0, 1, 0, Number.POSITIVE_INFINITY), ops.pad(b, x!, 0, 1, 0, Number.NEGATIVE_INFINITY)],
        0,
      ),
    }));
    expect([toNumbers(y!)[0], toNumbers(y!)[2]]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  });

  test('does arithmetic on constants', () => {
    expect(left((b, x) => ops.mul(b, x, ops.exp(b, ops.add(b, b.scalar('float64', 1), 2))))).toEqual(['Mul']);
  });

  test('does nothing to make what has no elements', async () => {
    const empty = (b: Builder, x: Value) => ops.neg(b, ops.expand(b, ops.unsqueeze(b, ops.reduceSum(b, x), [0]), [0]));
    expect(left(empty)).toEqual([]);
    const { y } = await evaluate([random(1, [3])], (b, [x]) => ({ y: empty(b, x!) }));
    expect(y).toEqual(tensorFrom('float64', [0], []));
  });

  test('makes equal nodes one', () => {
    expect(left((b, x) => ops.mul(b, ops.exp(b, x), ops.exp(b, x)))).toEqual(['Exp', 'Mul']);
    expect(left((b, x) => ops.mul(b, ops.add(b, x, 2), ops.add(b, x, 2)))).toEqual(['Add', 'Mul']);
  });

  test('keeps nodes apart that differ in an input, an attribute or a constant', () => {
    expect(left((b, x) => ops.mul(b, ops.sub(b, x, 2), ops.sub(b, 2, x)))).toHaveLength(3);
    expect(left((b, x) => ops.mul(b, ops.add(b, x, 0), ops.add(b, x, -0)))).toHaveLength(3);
    const twice = (b: Builder, x: Value) => ops.concat(b, [ops.slice(b, x, 0, 0, 1), ops.slice(b, x, 0, 1, 2)], 0);
    expect(left(twice)).toEqual(['Slice', 'Slice', 'Concat']);
  });

  test('leaves out what changes nothing, unless it changes the shape', () => {
    expect(left((b, x) => ops.div(b, ops.mul(b, 1, ops.neg(b, ops.neg(b, x))), 1))).toEqual([]);
    expect(left((b, x) => ops.mul(b, x, b.constant(tensorFrom('float64', [2, 1], [1, 1]))))).toEqual(['Mul']);
    expect(left((b, x) => ops.mul(b, x, b.constant(tensorFrom('float64', [3], [1, 2, 1]))))).toEqual(['Mul']);
  });

  test('lets axes change places once where they did so twice, or not at all', async () => {
    const input = random(2, [2, 3, 4]);
    const orders = [
      [0, 1, 2],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
    ];
    for (const first of orders) {
      for (const second of orders) {
        const twice = (b: Builder, [x]: readonly Value[]) => {
          const once = ops.transpose(b, x!, first);
          return { y: ops.transpose(b, once, second), z: ops.transpose(b, ops.exp(b, once), second) };
        };
        const b = new Builder();
        const x = b.input('x', 'float64', input.shape);
        const { outputs } = simplify(new Graph('g', [x], { y: twice(b, [x]).y }));
        expect(topological(outputs)).toHaveLength(first.some((_, i) => first[second[i]!] !== i) ? 1 : 0);
        const plain = await evaluate([input], twice, (graph) => graph);
        expect(await evaluate([input], twice)).toEqual(plain);
      }
    }
  });

  test('lets axes change places before values are stretched along them', async () => {
    const input = random(2, [1, 3, 1]);
    const stretched = (shape: readonly number[], order: readonly number[]) => (b: Builder, x: Value) =>
      ops.transpose(b, ops.expand(b, x, shape), order);
    for (const order of [
      [0, 2, 1],
      [2, 0, 1],
      [1, 0, 2],
    ]) {
      const build = (b: Builder, [x]: readonly Value[]) => ({ y: stretched([2, 3, 4], order)(b, x!) });
      const b = new Builder();
      const x = b.input('x', 'float64', [1, 3, 1]);
      const { outputs } = simplify(new Graph('g', [x], build(b, [x])));
      expect(topological(outputs).map(({ op }) => op.name)).toEqual(['Transpose', 'Expand']);
      expect(await evaluate([input], build)).toEqual(await evaluate([input], build, (graph) => graph));
    }
    expect(left(stretched([2, 3], [1, 0]))).toEqual(['Expand', 'Transpose']);
    const like = (b: Builder, x: Value) =>
      ops.transpose(b, ops.expandLike(b, ops.unsqueeze(b, x, [0]), b.input('l', 'float64', ['n', 3])));
    expect(left(like).at(-1)).toBe('Transpose');
  });

  test('works inside of loops', () => {
    const b = new Builder();
    const x = b.input('x', 'float64', [3]);
    const { states } = ops.scan(b, {
      captured: [],
      states: [b.scalar('float64', 0)],
      sequences: [x],
      body: (b, _, [s], [x]) => ({
        states: [ops.add(b, s!, ops.mul(b, ops.mul(b, x!, 1), ops.exp(b, b.scalar('float64', 0))))],
        slices: [],
      }),
    });
    const scan = topological(simplify(new Graph('g', [x], { s: states[0]! })).outputs).find(
      ({ op }) => op.name === 'Scan',
    );
    const { body } = scan!.attrs as { body: Graph };
    expect(topological(body.outputs).map(({ op }) => op.name)).toEqual(['Add']);
  });

  test('never changes a result: random programs, with their gradients', async () => {
    const steps = [ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum];
    const program = fc.array(
      fc.record({
        op: fc.nat(steps.length - 1),
        x: fc.nat(),
        y: fc.nat(),
        constant: fc.option(fc.integer({ min: -1, max: 2 })),
      }),
      { minLength: 1, maxLength: 12 },
    );
    const property = fc.asyncProperty(program, async (lines) => {
      const build = (b: Builder, [x]: readonly Value[]) => {
        const values = [x!, ops.neg(b, x!)];
        for (const { op, x, y, constant } of lines) {
          const right = constant ?? values[y % values.length]!;
          values.push(steps[op]!(b, values[x % values.length]!, right));
        }
        const y = ops.reduceSum(b, ops.tanh(b, values.at(-1)!));
        return { y, g: grad(b, y, [x!])[0]! };
      };
      const input = random(4, [5]);
      const plain = await evaluate([input], build, (graph) => graph);
      const simple = await evaluate([input], build);
      expect(toNumbers(simple.y!)).toEqual(toNumbers(plain.y!));
      for (const [i, value] of toNumbers(simple.g!).entries()) expect(value).toBeCloseTo(toNumbers(plain.g!)[i]!, 12);
    });
    await fc.assert(property, { seed: 7, numRuns: 40 });
  });
});
