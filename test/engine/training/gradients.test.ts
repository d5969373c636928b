import { expect, test } from '@jest/globals';
import { grad } from '#engine/grad.ts';
import { Builder, topological, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { gradientsOf } from '#engine/training/gradients.ts';
import { squaredError } from '#engine/training/loss.ts';
import type { Network, Values } from '#engine/training/network.ts';

/** How many products of matrices the gradient by `w` takes, of tanh(x w) used as the forward pass says. */
function products(forward: (b: Builder, layer: () => Value, x: Value) => Value): number {
  const network: Network = {
    parameters: [{ name: 'w', shape: [3, 3], initializer: () => new Float32Array(9), decay: true }],
    forward: (b, p: Values, x) => forward(b, () => ops.tanh(b, ops.gemm(b, x, p.w!)), x),
  };
  const b = new Builder();
  const rows = { x: b.input('x', 'float32', [4, 3]), y: b.input('y', 'float32', [4, 3]) };
  const objective = { data: {}, target: 'y', network, loss: squaredError };
  const w = b.input('w', 'float32', [3, 3]);
  const { gradients } = gradientsOf(b, objective, { w }, rows, undefined, 1, b.scalar('int64', 0));
  return topological([gradients.w!]).filter(({ op }) => op === ops.gemm.op).length;
}

test('what a forward pass computes twice has one gradient', () => {
  const once = products((b, layer) => ops.mul(b, layer(), 2));
  expect(once).toBe(2);
  expect(products((b, layer) => ops.add(b, layer(), layer()))).toBe(once);
});

test('so has what two derivatives in a loss compute of the network', () => {
  const slope = (b: Builder, y: Value, by: Value, column: number) =>
    grad(b, ops.reduceSum(b, ops.slice(b, y, 1, column, column + 1)), [by])[0]!;
  const forward = (times: number) =>
    products((b, layer, x) => {
      const slopes = Array.from({ length: times }, () => slope(b, layer(), x, 0));
      return slopes.reduce((sum, one) => ops.add(b, sum, one));
    });
  expect(forward(2)).toBe(forward(1));
});

test('the gradient of a square is one product by twice its root, which all of its gradients share', () => {
  const b = new Builder();
  const [x, ct] = [b.input('x', 'float32', [3]), b.input('ct', 'float32', [3])];
  const [gradient] = grad(b, ops.reduceSum(b, ops.mul(b, ops.mul(b, x, x), ct)), [x]);
  expect(topological([gradient!]).map(({ op }) => op.name)).toContain('Add');
  expect(topological([gradient!]).filter(({ op }) => op === ops.mul.op)).toHaveLength(2);
});
