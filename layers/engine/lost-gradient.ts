import { describe, GradientError, hasZeroGradient } from './grad.ts';
import { type Graph, type Node, topological, type Value } from './graph.ts';
import type { Maybe } from './op.ts';
import type { ScanAttrs } from './ops/control.ts';
import { isFloat } from './type.ts';

/**
 * Makes sure that gradients reach all values on which a value depends. If an argmax or a rounding lies in between, the
 * derivative is zero, and nothing can be trained with it. This also looks into loops and branches, whose own gradients
 * have zeros for such values.
 * @param flows the cotangents of `by`, from `vjp`
 * @param name the name of the value `by[i]`
 * @throws GradientError naming the operation in between, and its place
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

/** The float values among `starts`, and all outputs of the nodes that depend on them differentiably. */
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
    // The results are followed by the states before each step.
    const results = [...graph.outputs, ...graph.inputs.slice(first, first + count)];
    return node.outputs.filter((_, i) => within.has(results[i]!));
  });
}

/** Like `dependents`, for a graph inside a node. A state after one step is the state before the next. */
function dependentsWithin(node: Node, graph: Graph, active: ReadonlySet<Value>): ReadonlySet<Value> {
  const { first, count } = statesOf(node);
  const order = topological(graph.outputs);
  // A graph's inputs are the last inputs of its node: a branch has no input for the condition.
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
 * The last node on the way from active values to the wanted values, which are not active: it reads active values, and
 * none of its outputs is active. Undefined if nothing reads an active value.
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

/** The graphs inside a node: the body of a loop, both branches of a condition, or a part that is recomputed. */
function graphsOf({ op, attrs }: Node): readonly Graph[] {
  const graphs: Graph[] = [];
  op.mapGraphs?.(attrs, (graph) => {
    graphs.push(graph);
    return graph;
  });
  return graphs;
}

/** The inputs of a loop's body that are states. The body's first outputs are the states after the step. */
function statesOf({ op, attrs }: Node): { readonly first: number; readonly count: number } {
  if (op.name !== 'Scan') return { first: 0, count: 0 };
  const { captured, states } = attrs as ScanAttrs;
  return { first: captured, count: states };
}
