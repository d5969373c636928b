/**
 * A model of tables without what stands before its network: numbers are scaled and words become codes here, in less time than
 * it takes the runtime to begin with each of those nodes. And the runtime makes texts of its own of each word, so that the
 * answer is the place of a label, too.
 *
 *     features ── 25 nodes ──▶ [rows, width] ── network ──▶ label, probabilities        the file
 *     features ── encode ────▶ [rows, width] ── network ──▶ logits ── decode ──▶ label  what is loaded
 *
 * The arithmetic is the same, and so are the answers.
 */
import type { Session } from '../../../run.ts';
import type { Tensors } from '../../../tensor.ts';
import {
  dataType,
  encodeModel,
  type GraphProto,
  type NodeProto,
  parseModel,
  type ValueInfoProto,
} from '../../proto.ts';
import { Nodes } from '../nodes.ts';
import { type Columns, columnsOf } from './columns.ts';
import { encoderOf } from './encode.ts';
import { type Label, labelled, labelOf } from './label.ts';

type Dimensions = ValueInfoProto['type']['tensorType']['shape']['dim'];

export interface CutModel {
  readonly model: Uint8Array;
  /** What the whole model makes of its inputs, [rows, 1] each, by a session of the cut one. */
  run(session: Pick<Session, 'runAtOnce'>, feeds: Tensors): Tensors;
}

/** `undefined` for a model that is none of tables, or of another form than ours. */
export function cutFront(bytes: Uint8Array): CutModel | undefined {
  const model = parseModel(bytes);
  const { graph } = model;
  // An inner graph may read what is outside of it.
  if (graph.node.some(({ attribute }) => attribute.some(({ g }) => g !== undefined))) return undefined;
  const front = frontOf(graph);
  const encode = front && encoderOf(front.name, front.columns);
  if (!front || !encode) return undefined;
  const label = labelOf(graph);
  const wanted = graph.output.map(({ name }) => (name === label?.name ? label.from : name));
  const node = nodesBehind(graph, front.name, wanted);
  const used = new Set(node.flatMap(({ input }) => input));
  // It reads an input of its own as well.
  if (graph.input.some(({ name }) => used.has(name))) return undefined;
  const cut: GraphProto = {
    ...graph,
    node,
    initializer: graph.initializer.filter(({ name = '' }) => used.has(name)),
    input: [valueInfo(front.name, dataType.float32, [{ dimParam: 'rows' }, { dimValue: front.columns.of.length }])],
    output: graph.output.map((one) =>
      one.name === label?.name ? outputOf(label, one.type.tensorType.shape.dim) : one,
    ),
  };
  return {
    model: encodeModel({ ...model, metadataProps: [], graph: cut }),
    run: label
      ? (session, feeds) => labelled(session, encode(feeds), label)
      : (session, feeds) => session.runAtOnce(encode(feeds)),
  };
}

/** The last value that is made of all inputs of the graph, in float32: the network's input. */
function frontOf(graph: GraphProto): { readonly name: string; readonly columns: Columns } | undefined {
  const isColumn = ({ type: { tensorType } }: ValueInfoProto): boolean =>
    tensorType.shape.dim.length === 2 && tensorType.shape.dim[1]!.dimValue === 1;
  if (!graph.input.every(isColumn)) return undefined;
  const nodes = new Nodes(graph);
  const known = new Map<string, Columns>(
    graph.input.map(({ name, type }) => [
      name,
      { of: [{ kind: 'cell', input: name }], dtype: type.tensorType.elemType },
    ]),
  );
  const inputs = known.size;
  let last: { readonly name: string; readonly columns: Columns } | undefined;
  for (const node of graph.node) {
    const columns = columnsOf(node, (name) => known.get(name ?? ''), nodes);
    if (!columns) continue;
    const name = node.output[0]!;
    known.set(name, columns);
    const isWhole = new Set(columns.of.map(({ input }) => input)).size === inputs;
    if (isWhole && columns.dtype === dataType.float32) last = { name, columns };
  }
  return last;
}

/** The nodes that make the outputs of what stands at the cut, in their order. */
function nodesBehind({ node: nodes }: GraphProto, cut: string, outputs: readonly string[]): NodeProto[] {
  const wanted = new Set(outputs);
  const found = nodes.toReversed().filter(({ input, output }) => {
    if (!output.some((name) => name !== cut && wanted.has(name))) return false;
    for (const name of input) wanted.add(name);
    return true;
  });
  return found.reverse();
}

function outputOf({ from, isPlace, labels }: Label, dim: Dimensions): ValueInfoProto {
  return isPlace
    ? valueInfo(from, dataType.int64, dim)
    : valueInfo(from, dataType.float32, [...dim.slice(0, 1), { dimValue: labels.length }]);
}

const valueInfo = (name: string, elemType: number, dim: Dimensions): ValueInfoProto => ({
  name,
  type: { tensorType: { elemType, shape: { dim } } },
});
