import { describe, GradientError, hasZeroGradient } from './grad.ts';
import { type Graph, type Node, topological, type Value } from './graph.ts';
import type { Maybe } from './op.ts';
import type { ScanAttrs } from './ops/control.ts';
import { isFloat } from './type.ts';

/**
 * Makes sure that a value changes with others where it depends on them: a derivative that is zero because an argmax or a
 * rounding stands in between is no gradient to train by. Loops and branches are looked into, whose own gradients have
 * zeros for such values.
 * @param flows the cotangents of `by`, as `vjp` found them
 * @param name what the value `by[i]` is called
 * @throws GradientError naming what stands in between, and its place
 */
export function expectFlows(
  of: Value,
  by: readonly Value[],
  flows: readonly Maybe<Value>[],
  name: (i: number) => string,
): void {
  const order = topological([of]);
  const isNested = order.some(({ op }) => op.mapGraphs);
  for (const [i, value] of by.entries()) {
    if (flows[i] && !isNested) continue;
    const active = dependents(order, [value]);
    const end = active.has(of) ? undefined : lastNode(order, [of], active);
    if (end)
      throw new GradientError(
        `no gradient by ${name(i)}: the derivative of ${describe(end)} is zero everywhere; train with an operation that has one, or do not train ${name(i)}`,
      );
  }
}

/** The float values among `starts`, and those of the nodes' that depend on them differentiably. */
function dependents(order: readonly Node[], starts: readonly Value[]): ReadonlySet<Value> {
  const active = new Set(starts.filter(({ type }) => isFloat(type.dtype)));
  for (const node of order) {
    if (hasZeroGradient(node) || !node.inputs.some((input) => active.has(input))) continue;
    for (const output of dependentOutputs(node, active)) if (isFloat(output.type.dtype)) active.add(output);
  }
  return active;
}

function dependentOutputs(node: Node, active: ReadonlySet<Value>): readonly Value[] {
  const graphs = graphsOf(node);
  if (graphs.length === 0) return node.outputs;
  const { first, count } = statesOf(node);
  return graphs.flatMap((graph) => {
    const within = dependentsWithin(node, graph, active);
    // After the results come the states as each step found them.
    const results = [...graph.outputs, ...graph.inputs.slice(first, first + count)];
    return node.outputs.filter((_, i) => within.has(results[i]!));
  });
}

/** As `dependents`, in a graph inside a node: what a state becomes, the next step finds. */
function dependentsWithin(node: Node, graph: Graph, active: ReadonlySet<Value>): ReadonlySet<Value> {
  const { first, count } = statesOf(node);
  const order = topological(graph.outputs);
  // The inputs of a graph are the last of its node's: a branch has no input for the condition.
  const given = node.inputs.slice(node.inputs.length - graph.inputs.length);
  let starts = graph.inputs.filter((_, i) => active.has(given[i]!));
  for (;;) {
    const within = dependents(order, starts);
    const states = graph.inputs.slice(first, first + count);
    const reached = states.filter((state, i) => within.has(graph.outputs[i]!) && !within.has(state));
    if (reached.length === 0) return within;
    starts = [...starts, ...reached];
  }
}

/**
 * The node that what is active comes to and does not leave, on the way to the wanted values, which are not active;
 * undefined if nothing that is active is read at all.
 */
function lastNode(order: readonly Node[], wanted: readonly Value[], active: ReadonlySet<Value>): Maybe<Node> {
  const used = new Set([...wanted, ...order.flatMap(({ inputs }) => inputs)]);
  for (const node of order) {
    if (!node.inputs.some((input) => active.has(input))) continue;
    const graphs = graphsOf(node);
    const outputs = node.outputs.filter((output) => used.has(output));
    if (graphs.length === 0 && !outputs.some((output) => active.has(output))) return node;
    for (const graph of graphs) {
      const without = graph.outputs.filter((_, i) => used.has(node.outputs[i]!) && !active.has(node.outputs[i]!));
      const all = [...without, ...(without.length > 0 ? graph.outputs.slice(0, statesOf(node).count) : [])];
      const end = lastNode(topological(all), all, dependentsWithin(node, graph, active));
      if (end) return end;
    }
  }
  return undefined;
}

/** The graphs inside a node: the body of a loop, both branches of a choice, a part that is computed again. */
function graphsOf({ op, attrs }: Node): readonly Graph[] {
  const graphs: Graph[] = [];
  op.mapGraphs?.(attrs, (graph) => {
    graphs.push(graph);
    return graph;
  });
  return graphs;
}

/** Which inputs of a loop's body are states; its first outputs are what they become. */
function statesOf({ op, attrs }: Node): { readonly first: number; readonly count: number } {
  if (op.name !== 'Scan') return { first: 0, count: 0 };
  const { captured, states } = attrs as ScanAttrs;
  return { first: captured, count: states };
}
