import { Builder, Graph, type Node, topological, type Value } from '../graph.ts';
import { inline, rewrite } from '../rewrite.ts';
import { bytesPerElement, sizeOf, staticShape } from '../type.ts';
import { recomputedOp } from './recompute.ts';

/** Operations whose result lies where their input does. */
const views: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Identity']);

/**
 * The bytes of intermediate values that live at once, at most, when the runtime executes the graph: what a step needs
 * besides inputs, outputs and constants. An upper bound but for what a kernel allocates for itself: the runtime also
 * writes some results over inputs that nothing else reads.
 * @throws ShapeError if a shape is not known in advance
 */
export function peakBytes(graph: Graph): number {
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
    peak = Math.max(peak, live + innerPeak(node));
    for (const input of node.inputs.map(owner)) {
      const left = uses.get(input)! - 1;
      uses.set(input, left);
      if (left === 0 && counts(input)) live -= bytesOf(input);
    }
  }
  return peak;
}

function bytesOf({ type: { dtype, shape } }: Value): number {
  return dtype === 'string' ? 0 : sizeOf(staticShape(shape)) * bytesPerElement[dtype];
}

/** Of the graphs inside a loop or a choice, the one that needs most. */
function innerPeak({ op, attrs }: Node): number {
  let peak = 0;
  op.mapGraphs?.(attrs, (graph) => {
    peak = Math.max(peak, peakBytes(graph));
    return graph;
  });
  return peak;
}

/** The graph with every recomputed part written out among the other nodes, as it is in the file. */
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
 * The order in which the runtime executes nodes: from the last of those whose results no other node reads, depth first
 * over inputs, the later node of the file first (`Graph::ReverseDFSFrom` in ONNX Runtime, by index). A weight's update
 * is such a node, so the gradients of the last layers are used before those of the first are made.
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
