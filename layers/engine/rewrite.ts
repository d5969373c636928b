import { type Builder, type Graph, type Node, topological, type Value } from './graph.ts';
import { ShapeError } from './type.ts';

/** Creates a node again, with new inputs in place of the old ones. */
export type Remake = (node: Node, inputs: readonly Value[]) => readonly Value[];

/** Rebuilds the outputs: `known` replaces its keys by its values, and `remake` creates every node in between. */
export function rewrite(outputs: readonly Value[], known: ReadonlyMap<Value, Value>, remake: Remake): Value[] {
  const now = new Map(known);
  const find = (value: Value) => now.get(value) ?? value;
  for (const node of topological(outputs)) {
    if (node.outputs.every((output) => now.has(output))) continue;
    const made = remake(node, node.inputs.map(find));
    for (const [i, output] of node.outputs.entries()) if (!now.has(output)) now.set(output, made[i]!);
  }
  return outputs.map(find);
}

/**
 * Inserts a graph into the one being built, with `inputs` as its inputs, and returns its outputs.
 * @throws ShapeError if the number of inputs differs
 */
export function inline(b: Builder, graph: Graph, inputs: readonly Value[]): Value[] {
  if (inputs.length !== graph.inputs.length)
    throw new ShapeError(`${graph.name} wants ${graph.inputs.length} inputs; got ${inputs.length}`);
  const known = new Map(graph.inputs.map((input, i) => [input, inputs[i]!]));
  return rewrite(graph.outputs, known, (node, args) => b.at(node.place, () => b.apply(node.op, args, node.attrs)));
}
