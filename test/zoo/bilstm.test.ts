import { expect, test } from '@jest/globals';
import { Builder, type Node, topological } from '#engine/graph.ts';
import type { ScanAttrs } from '#engine/ops/index.ts';
import { biLstm } from '#zoo/bilstm.ts';

const [ROWS, STEPS, FEATURES] = [3, 7, 2];

test('no step of the last layer is computed that nobody reads', () => {
  const shape = { input: [STEPS, FEATURES], outputs: 1 };
  const h = biLstm.hyperparameters.parse({ hidden_size: 4 });
  const network = biLstm.network(shape, h);
  const b = new Builder();
  const parameters = Object.fromEntries(
    network.parameters.map((of) => [of.name, b.input(of.name, 'float32', of.shape)] as const),
  );
  const x = b.input('x', 'float32', [ROWS, STEPS, FEATURES]);
  const y = network.forward(b, parameters, x, { training: false });
  const loops = topological([y]).filter((node): node is Node<ScanAttrs> => node.op.name === 'Scan');
  // The first layer's both directions in one loop, and of the second one a loop for each.
  const steps = loops.map(({ attrs, inputs }) => inputs[attrs.captured + attrs.states]!.type.shape[0]);
  expect(steps.toSorted()).toEqual([1, STEPS, STEPS]);
  // As many operations as the products of those steps have: four gates of four units, of the inputs and the state.
  const product = (inputs: number) => 2 * 16 * (inputs + 4);
  const head = 2 * 8;
  expect(biLstm.flopsPerRow(shape, h)).toBe(2 * STEPS * product(FEATURES) + (STEPS + 1) * product(8) + head);
});
