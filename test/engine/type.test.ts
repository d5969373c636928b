import { describe, expect, test } from '@jest/globals';
import { Builder, Graph, topological } from '#engine/graph.ts';
import { exp } from '#engine/ops/elementwise.ts';
import { matMul } from '#engine/ops/linalg.ts';
import { reduceSum } from '#engine/ops/reduce.ts';
import { uniformStream } from '#engine/random.ts';
import { expectTensor, filled, scalar, tensor, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { broadcastShapes, formatType, normalizeAxis, ShapeError, staticShape } from '#engine/type.ts';

describe('shapes', () => {
  test.each([
    [[], [3], [3]],
    [[2, 1], [3], [2, 3]],
    [
      ['rows', 1],
      [1, 4],
      ['rows', 4],
    ],
    [['rows'], ['rows'], ['rows']],
    [[1], [0], [0]],
  ])('%j and %j broadcast to %j', (x, y, wanted) => {
    expect(broadcastShapes(x, y)).toEqual(wanted);
    expect(broadcastShapes(y, x)).toEqual(wanted);
  });

  test.each([
    [[2], [3]],
    [['rows'], [3]],
    [['rows'], ['columns']],
  ])('%j and %j do not broadcast', (x, y) => {
    expect(() => broadcastShapes(x, y)).toThrow(ShapeError);
  });

  test('print as in messages, and count axes from either end', () => {
    expect(formatType({ dtype: 'float32', shape: ['rows', 4] })).toBe('float32[rows, 4]');
    expect([normalizeAxis(-1, 3), normalizeAxis(0, 3)]).toEqual([2, 0]);
    expect(() => normalizeAxis(3, 3)).toThrow('axis must be between -3 and 2; got 3');
    expect(() => staticShape(['rows'])).toThrow('wants a shape known in advance; got [rows]');
  });
});

describe('tensors', () => {
  test('hold as many elements as their shape says', () => {
    expect(() => tensor('float32', [2, 2], new Float32Array(3))).toThrow(
      'a tensor of shape [2, 2] has 4 elements; got 3',
    );
    expect(toNumbers(filled('bool', [2], 1))).toEqual([1, 1]);
    expect(scalar('int64', -3)).toEqual({ dtype: 'int64', shape: [], data: BigInt64Array.of(-3n) });
  });

  test.each(['int64', 'int32'] as const)('of %s hold no fractions', (dtype) => {
    expect(() => tensorFrom(dtype, [2], [1, 0.5])).toThrow(new ShapeError(`${dtype} wants an integer; got 0.5`));
  });

  test('are of the element type that is asked for', () => {
    const x = tensorFrom('float32', [1], [1]);
    expect(expectTensor('x', x, 'float32')).toBe(x);
    expect(() => expectTensor('x', x, 'int64')).toThrow("tensor 'x' must be int64; got float32");
    expect(() => expectTensor('x', undefined, 'int64')).toThrow("tensor 'x' is missing");
  });
});

describe('a builder', () => {
  test('remembers the place, also after an error', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', []);
    const fail = () => {
      throw new Error('no');
    };
    expect(() => b.at('a', () => b.at('b', fail))).toThrow('no');
    expect(b.at('c', () => exp(b, x)).node?.place).toBe('c');
    expect(b.place).toBe('');
  });

  test('says where, also of what is refused before there is a node, and once', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [2, 3]);
    const refused = () => b.at('block', () => b.at('sum', () => reduceSum(b, x, { axes: [5] })));
    expect(refused).toThrow(new ShapeError('at block/sum: axis must be between -2 and 1; got 5'));
    expect(() => b.at('block', () => matMul(b, x, x))).toThrow(
      /^MatMul\(float32\[2, 3\], float32\[2, 3\]\) at block: inner dimensions must agree; got 3 and 2$/,
    );
  });

  test('orders nodes after those that they depend on, each once', () => {
    const b = new Builder();
    const first = exp(b, b.input('x', 'float32', []));
    const [second, third] = [exp(b, first), exp(b, first)];
    const graph = new Graph('g', [], { third, second, again: third });
    expect(topological(graph.outputs)).toEqual([first.node, third.node, second.node]);
    expect(graph.outputNames).toEqual(['third', 'second', 'again']);
  });
});

describe('a stream of uniform numbers', () => {
  const draw = (seed: number, name: string) => {
    const uniform = uniformStream(seed, name);
    return Array.from({ length: 10_000 }, uniform);
  };

  test('depends on seed and name alone', () => {
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
  });

  test('is uniform: each tenth gets its share', () => {
    const counts = new Array<number>(10).fill(0);
    for (const value of draw(3, 'x')) counts[Math.floor(value * 10)]! += 1;
    // 1000 ± 30 each; 150 is five standard deviations.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
