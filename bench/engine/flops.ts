import { Builder, Graph, type Node, topological, type Value } from '#engine/graph.ts';
import type { ScanAttrs } from '#engine/ops/control.ts';
import { simplify } from '#engine/simplify.ts';
import { gradientsOf } from '#engine/training/gradients.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { sizeOf } from '#engine/type.ts';

/** Additions and multiplications of one node, by the operation's name; what is not here counts as none. */
const counts: Readonly<Record<string, (n: Node) => number>> = {
  MatMul: ({ inputs: [x], outputs: [y] }) => 2 * size(y!) * dim(x!, -1),
  Gemm: ({ inputs: [x], outputs: [y] }) => (2 * size(y!) * size(x!)) / dim(y!, 0),
  // Each output is a sum over one kernel; each input of the transposed convolution is spread over one.
  Conv: ({ inputs: [, w], outputs: [y] }) => (2 * size(y!) * size(w!)) / dim(w!, 0),
  ConvTranspose: ({ inputs: [x, w] }) => (2 * size(x!) * size(w!)) / dim(w!, 0),
  Scan: (n) => {
    const { body, captured, states } = n.attrs as ScanAttrs;
    return dim(n.inputs[captured + states]!, 0) * flopsOf(body);
  },
};

/** What a training step multiplies and adds in products of matrices and convolutions, forward and backward. */
export function flopsOfStep(spec: TrainSpec): number {
  const b = new Builder();
  const values = (types: Readonly<Record<string, Value['type']>>) =>
    Object.fromEntries(Object.entries(types).map(([name, { dtype, shape }]) => [name, b.input(name, dtype, shape)]));
  const parameters = values(
    Object.fromEntries(spec.network.parameters.map(({ name, shape }) => [name, { dtype: 'float32', shape }])),
  );
  const rows = values(spec.data);
  const step = b.input('step', 'int64', []);
  const { gradients } = gradientsOf(b, spec, parameters, rows, undefined, spec.seed, step);
  const inputs = [...Object.values(parameters), ...Object.values(rows), step];
  return flopsOf(simplify(new Graph('gradients', inputs, gradients)));
}

function flopsOf(graph: Graph): number {
  return topological(graph.outputs).reduce((sum, node) => sum + (counts[node.op.name]?.(node) ?? 0), 0);
}

function size({ type }: Value): number {
  return sizeOf(type.shape.map(Number));
}

function dim({ type }: Value, axis: number): number {
  return Number(type.shape.at(axis));
}
