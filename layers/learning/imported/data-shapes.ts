/**
 * Operators whose result has as many elements as the values of an input say. Where those values are the caller's, a row of
 * two numbers would fill the memory: such a model is not served. The shape of the caller's rows may be used, since the
 * request bounds it.
 */
import type { GraphProto, NodeProto } from '#engine/onnx/proto.ts';

/** By operator, which of its inputs say how large the result is, in any opset. */
const SIZES: Readonly<Record<string, readonly number[]>> = {
  ...{ AffineGrid: [1], BlackmanWindow: [0], CenterCropPad: [1], Col2Im: [1, 2], ConstantOfShape: [0], DFT: [1] },
  ...{ Expand: [1], HammingWindow: [0], HannWindow: [0], MaxUnpool: [2], MelWeightMatrix: [0, 1], OneHot: [1] },
  ...{ Pad: [1], Range: [0, 1, 2], Resize: [1, 2, 3], STFT: [1, 3], StringSplit: [0], Tile: [1, 2], Upsample: [1] },
};

export const sizePlaces = (opType: string): readonly number[] => (Object.hasOwn(SIZES, opType) ? SIZES[opType]! : []);

/** Their results follow from the shape of their input alone. */
const OF_SHAPE_ONLY = ['Shape', 'Size', 'EyeLike', 'RandomNormalLike', 'RandomUniformLike'];

/** The first node that makes as many elements as the values in a row say. */
export function findDataShape(graph: GraphProto): { readonly node: NodeProto; readonly input: string } | undefined {
  const values = dependentValues(graph);
  for (const node of nodesIn(graph)) {
    const input = sizePlaces(node.opType)
      .map((place) => node.input[place] ?? '')
      .find((name) => values.has(name));
    if (input !== undefined) return { node, input };
  }
  return undefined;
}

/** The graphs within a node. */
export const graphsOf = ({ attribute }: NodeProto): GraphProto[] =>
  attribute.flatMap(({ g, graphs = [] }) => [...(g ? [g] : []), ...graphs]);

/** Also those of branches. */
const nodesIn = ({ node }: GraphProto): NodeProto[] => node.flatMap((one) => [one, ...graphsOf(one).flatMap(nodesIn)]);

/** The names of all tensors whose values follow from those of the graph's inputs. */
function dependentValues(graph: GraphProto): ReadonlySet<string> {
  const constants = new Set(graph.initializer.map(({ name = '' }) => name));
  const found = new Set(graph.input.map(({ name }) => name).filter((name) => !constants.has(name)));
  const readers = new Map<string, string[]>();
  for (const { from, to } of dependencies(graph))
    for (const name of from) readers.set(name, [...(readers.get(name) ?? []), ...to]);
  // A set goes on over what is added while it is gone through; the nodes may stand in any order.
  for (const name of found) for (const reader of readers.get(name) ?? []) found.add(reader);
  return found;
}

interface Dependency {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

function dependencies({ node: nodes }: GraphProto): Dependency[] {
  return nodes.flatMap((node) => {
    const within = graphsOf(node);
    const own = OF_SHAPE_ONLY.includes(node.opType)
      ? []
      : [{ from: named(node.input), to: [...named(node.output), ...within.flatMap(({ input }) => namesOf(input))] }];
    // What a branch answers is what its node answers.
    const answered = within.map(({ output }) => ({ from: namesOf(output), to: named(node.output) }));
    return [...own, ...answered, ...within.flatMap(dependencies)];
  });
}

const named = (names: readonly string[]): string[] => names.filter((name) => name !== '');
const namesOf = (all: readonly { readonly name: string }[]): string[] => named(all.map(({ name }) => name));
