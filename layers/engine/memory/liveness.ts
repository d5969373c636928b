import { Builder, Graph, type Node, topological, type Value } from '../graph.ts';
import { inline, rewrite } from '../rewrite.ts';
import { bytesPerElement, sizeOf, staticShape } from '../type.ts';
import { recomputedOp } from './recompute.ts';

/** Operations whose result shares memory with their input. */
const views: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Identity']);

/**
 * The peak size, in bytes, of the intermediate values that are live at the same time when the runtime executes the
 * graph: what a step needs besides inputs, outputs and constants. It is an upper bound, apart from what kernels
 * allocate for themselves: the runtime also overwrites some inputs that nothing else reads.
 * @param sizes of symbolic dimensions
 * @throws ShapeError if a shape is not known in advance
 */
export function peakBytes(graph: Graph, sizes: Readonly<Record<string, number>> = {}): number {
  const bytesOf = ({ type: { dtype, shape } }: Value): number => {
    const known = shape.map((dim) => (typeof dim === 'string' ? (sizes[dim] ?? dim) : dim));
    return dtype === 'string' ? 0 : sizeOf(staticShape(known)) * bytesPerElement[dtype];
  };
  const order = executionOrder(written(graph));
  const uses = new Map<Value, number>();
  const source = new Map<Value, Value>();
  const owner = (value: Value): Value => source.get(value) ?? value;
  for (const node of order) {
    if (views.has(node.op.name)) source.set(node.outputs[0]!, owner(node.inputs[0]!));
    for (const input of node.inputs) uses.set(owner(input), (uses.get(owner(input)) ?? 0) + 1);
  }
  const lasting = new Set(graph.outputs.map(owner));
  const counts = (value: Value): boolean =>
    value.node !== null && value.node.op.name !== 'Constant' && !source.has(value) && !lasting.has(value);
  let [live, peak] = [0, 0];
  for (const node of order) {
    for (const output of node.outputs) if (counts(output) && uses.has(output)) live += bytesOf(output);
    peak = Math.max(peak, live + innerPeak(node, sizes));
    for (const input of node.inputs.map(owner)) {
      const left = uses.get(input)! - 1;
      uses.set(input, left);
      if (left === 0 && counts(input)) live -= bytesOf(input);
    }
  }
  return peak;
}

/** The peak of the graphs inside a loop or a condition: that of the largest. */
function innerPeak({ op, attrs }: Node, sizes: Readonly<Record<string, number>>): number {
  let peak = 0;
  op.mapGraphs?.(attrs, (graph) => {
    peak = Math.max(peak, peakBytes(graph, sizes));
    return graph;
  });
  return peak;
}

/** The graph with every recomputed part inlined among the other nodes, as in the file. */
function written(graph: Graph): Graph {
  const b = new Builder();
  const known = new Map(graph.inputs.map((input) => [input, input]));
  const outputs = rewrite(graph.outputs, known, (node, inputs) => {
    if (node.op !== recomputedOp) return b.apply(node.op, inputs, node.attrs);
    const { body } = node.attrs as { readonly body: Graph };
    return inline(b, written(body), inputs);
  });
  return new Graph(graph.name, graph.inputs, outputs);
}

/**
 * The order in which the runtime executes nodes. It starts with the last of the nodes whose results no other node
 * reads, and goes depth first over inputs, with the later node of the file first (`Graph::ReverseDFSFrom` in ONNX
 * Runtime, by index). The update of a weight is such a node, so the gradients of the last layers are used before those
 * of the first layers are computed.
 */
function executionOrder(graph: Graph): Node[] {
  const nodes = topological(graph.outputs);
  const index = new Map(nodes.map((node, i) => [node, i]));
  const read = new Set(nodes.flatMap((node) => node.inputs.flatMap((input) => input.node ?? [])));
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack = nodes.filter((node) => !read.has(node)).map((node) => ({ node, isDone: false }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, isDone } = top;
    if (isDone) order.push(node);
    if (isDone || seen.has(node)) continue;
    seen.add(node);
    stack.push({ node, isDone: true });
    const before = new Set(node.inputs.flatMap((input) => input.node ?? []));
    for (const one of [...before].sort((x, y) => index.get(x)! - index.get(y)!))
      if (!seen.has(one)) stack.push({ node: one, isDone: false });
  }
  return order;
}
