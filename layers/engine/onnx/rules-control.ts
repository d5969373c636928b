import { type Builder, constantOp, type Value } from '../graph.ts';
import * as ops from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import type { GraphProto } from './proto.ts';
import type { Known, NodeContext } from './rule.ts';

/** What the nodes of a graph can name: the values made so far, and those integers that are known before it runs. */
export interface Scope {
  readonly values: ReadonlyMap<string, Value>;
  readonly known: ReadonlyMap<string, Known>;
}

/** Makes a file's inner graph with a builder of its own, from what it can name to its outputs, in order. */
export type InnerBuild = (b: Builder, graph: GraphProto, scope: Scope) => readonly Value[];

/** What a node with graphs inside becomes. */
export type ControlRule = (c: NodeContext, scope: Scope, build: InnerBuild) => readonly Value[];

/** The names that a graph reads without making them, those of graphs inside it included. */
function freeNames({ node: nodes, initializer, input }: GraphProto): Set<string> {
  const made = new Set([...initializer, ...input].map(({ name }) => name));
  const free = new Set<string>();
  const read = (name: string) => {
    if (name !== '' && !made.has(name)) free.add(name);
  };
  for (const { input: names, output, attribute } of nodes) {
    for (const name of names) read(name);
    for (const { g } of attribute) if (g) for (const name of freeNames(g)) read(name);
    for (const name of output) made.add(name);
  }
  return free;
}

/** What graphs inside use of the graph around them: constants are made again, other values are captured. */
class Captures {
  readonly values: readonly Value[];
  readonly #names: readonly string[];
  readonly #constants: readonly (readonly [string, Tensor])[];
  readonly #known: ReadonlyMap<string, Known>;

  constructor(graphs: readonly GraphProto[], { values, known }: Scope) {
    const free = new Set(graphs.flatMap((graph) => [...freeNames(graph)]));
    const used = [...free].flatMap((name) => {
      const value = values.get(name);
      return value ? [[name, value] as const] : [];
    });
    // The attributes of a Constant are its tensor.
    this.#constants = used.flatMap(([name, { node }]) =>
      node?.op === constantOp ? [[name, node.attrs as Tensor] as const] : [],
    );
    const captured = used.filter(([, { node }]) => node?.op !== constantOp);
    this.#names = captured.map(([name]) => name);
    this.values = captured.map(([, value]) => value);
    this.#known = known;
  }

  /** The scope of a graph inside, from what stands there for the captured values, and its own arguments. */
  scope(b: Builder, captured: readonly Value[], own: readonly (readonly [string, Value])[]): Scope {
    const values = new Map([
      ...this.#names.map((name, i) => [name, captured[i]!] as const),
      ...this.#constants.map(([name, tensor]) => [name, b.constant(tensor)] as const),
      ...own,
    ]);
    return { values, known: this.#known };
  }
}

function readIf(c: NodeContext, scope: Scope, build: InnerBuild): readonly Value[] {
  const graphs = ['then_branch', 'else_branch'].map((name) => graphOf(c, name));
  const captures = new Captures(graphs, scope);
  const [whenTrue, whenFalse] = graphs.map(
    (graph): ops.Branch =>
      (b, captured) =>
        build(b, graph, captures.scope(b, captured, [])),
  );
  return ops.cond(c.b, ops.reshape(c.b, c.input(0), []), captures.values, whenTrue!, whenFalse!);
}

function readScan(c: NodeContext, scope: Scope, build: InnerBuild): readonly Value[] {
  const body = graphOf(c, 'body');
  const inputs = c.inputs();
  const states = inputs.length - c.attributes.int('num_scan_inputs', 0);
  const axes = ['scan_input_axes', 'scan_output_axes'].flatMap((name) => c.attributes.ints(name) ?? []);
  if (axes.some((axis) => axis !== 0)) throw c.error(`wants sequences along axis 0; got axes ${axes}`);
  const directed = (name: string, values: readonly Value[]) => {
    const directions = c.attributes.ints(name);
    return values.map((value, i) => ({ value, reverse: directions?.[i] === 1 }));
  };
  const captures = new Captures([body], scope);
  const result = ops.scan(c.b, {
    captured: captures.values,
    states: inputs.slice(0, states),
    sequences: directed('scan_input_directions', inputs.slice(states)),
    body: (b, captured, carried, slices) => {
      const own = [...carried, ...slices].map((value, i) => [body.input[i]!.name, value] as const);
      const outputs = build(b, body, captures.scope(b, captured, own));
      return { states: outputs.slice(0, states), slices: directed('scan_output_directions', outputs.slice(states)) };
    },
  });
  return [...result.states, ...result.sequences];
}

function graphOf(c: NodeContext, name: string): GraphProto {
  const graph = c.attributes.graph(name);
  if (!graph) throw c.error(`wants a graph '${name}'`);
  return graph;
}

/** Branches and loops. */
export const controlRules: Readonly<Record<string, ControlRule>> = { If: readIf, Scan: readScan };
