/** Models of others with other outputs, which say how large the tensors within are. */
import type { GraphProto, NodeProto, ValueInfoProto } from '#engine/onnx/proto.ts';
import { type Field, field } from './messages.ts';
import { GRAPH } from './rename.ts';
import { type ImportedInput, rowShapeOf } from './signature.ts';
import { changingGraph, encodedNodes, encodedValue, nameIn } from './wrap.ts';

const VALUE_NAME = 1;
/** Before the names of what is added. */
const PROBE = 'probe/';

export const valueOutput = (name: string): string => `${PROBE}value/${name}`;
export const sizeOutput = (name: string): string => `${PROBE}size/${name}`;

/** All these values as outputs, for inputs of so many rows. */
export function withOutputs(
  bytes: Uint8Array,
  inputs: readonly ImportedInput[],
  { names, rows }: { readonly names: readonly string[]; readonly rows: number },
): Uint8Array {
  const own = new Map(inputs.map((input) => [input.name, input]));
  return changingGraph(bytes, (graph) => {
    const isOwn = (one: Field) => one.number === GRAPH.inputs && own.has(nameIn(one));
    const outputs = new Set(graph.filter(({ number }) => number === GRAPH.outputs).map(nameIn));
    return [
      // What the file says of shapes within may be anything.
      ...graph.flatMap((one) => (isOwn(one) || one.number === GRAPH.values ? [] : [one.raw])),
      ...inputs.map((input) => field(GRAPH.inputs, encodedValue(ofRows(input, rows)))),
      ...names.flatMap((name) => (outputs.has(name) ? [] : [untyped(name)])),
    ];
  });
}

const ofRows = (input: ImportedInput, rows: number): ValueInfoProto => ({
  name: input.name,
  type: {
    tensorType: {
      elemType: input.elemType,
      shape: { dim: [rows, ...rowShapeOf(input)].map((dimValue) => ({ dimValue })) },
    },
  },
});

/** With the sizes of these values as further outputs. */
export const probeSizes = (bytes: Uint8Array, names: readonly string[]): Uint8Array =>
  changingGraph(bytes, (graph) => [...graph.map(({ raw }) => raw), ...probes([], names)]);

export interface Cut {
  readonly graph: GraphProto;
  /** The values that are wanted, and those of which the size is. */
  readonly values: readonly string[];
  readonly sizes: readonly string[];
}

/** Only what these values depend on. */
export function cutTo(bytes: Uint8Array, { graph, values, sizes }: Cut): Uint8Array {
  const needed = ancestors(graph, [...values, ...sizes]);
  return changingGraph(bytes, (fields) => {
    let at = -1;
    const kept = fields.filter(({ number }) => {
      if (number === GRAPH.outputs || number === GRAPH.values) return false;
      if (number !== GRAPH.nodes) return true;
      at++;
      return needed.has(graph.node[at]!);
    });
    return [...kept.map(({ raw }) => raw), ...probes(values, sizes)];
  });
}

function ancestors({ node: nodes }: GraphProto, names: readonly string[]): ReadonlySet<NodeProto> {
  const makers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const found = new Set<NodeProto>();
  const wanted = [...names];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const node = makers.get(name);
    if (!node || found.has(node)) continue;
    found.add(node);
    wanted.push(...readBy(node));
  }
  return found;
}

/** Branches read values from around them too. */
const readBy = ({ input, attribute }: NodeProto): string[] => [
  ...input,
  ...attribute.flatMap(({ g }) => (g ? [...g.node.flatMap(readBy), ...g.output.map(({ name }) => name)] : [])),
];

function probes(values: readonly string[], sizes: readonly string[]): Uint8Array[] {
  const added = [
    ...values.map((name) => node('Identity', name, valueOutput(name))),
    ...sizes.map((name) => node('Size', name, sizeOutput(name))),
  ];
  return [...encodedNodes(added), ...added.map(({ output }) => untyped(output[0]!))];
}

/** An output of the type that the runtime infers. */
const untyped = (name: string): Uint8Array => field(GRAPH.outputs, field(VALUE_NAME, name));

const node = (opType: string, input: string, output: string): NodeProto => ({
  ...{ name: output, opType, domain: '', input: [input], output: [output] },
  attribute: [],
});
