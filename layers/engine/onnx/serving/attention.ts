/**
 * Attention as one operator of ONNX Runtime, of those that a file for all runtimes must not have. It is put into a model when
 * that is loaded:
 *
 *     q ── heads ── · scale ─┐
 *     k ── heads, turned ─── MatMul ── + mask ── Softmax ─┐
 *     v ── heads ───────────────────────────────────── MatMul ── heads joined ── y
 *
 *     q, k, v, mask ── MultiHeadAttention ── y
 */
import { changeGraph, GRAPH_NODE } from '../change.ts';
import { attributeType, dataType, encodeNode, type GraphProto, type NodeProto, parseModel } from '../proto.ts';
import { field, fieldsOf } from '../wire.ts';
import { Nodes, orderOf } from './nodes.ts';

const DOMAIN = 'com.microsoft';
const MASK = 'attention.mask';

interface Attention {
  /** Of all heads together: [rows, tokens, width]. */
  readonly query: string;
  readonly key: string;
  readonly value: string;
  /** What is no padding: boolean, [rows, tokens]. */
  readonly mask: string;
  readonly heads: number;
  readonly scale: number;
  /** What it consists of; the last makes what the whole makes. */
  readonly nodes: readonly NodeProto[];
}

/** The same model, or one that computes each attention by one operator. */
export function fuseAttention(model: Uint8Array): Uint8Array {
  const { graph } = parseModel(model);
  const found = attentionsOf(graph);
  const [first] = found;
  if (!first || found.some(({ mask }) => mask !== first.mask)) return model;
  const parts = new Set(found.flatMap(({ nodes }) => nodes));
  const fused = new Map(found.map((one) => [one.nodes.at(-1)!, one]));
  const written = (node: NodeProto, raw: Uint8Array): readonly Uint8Array[] => {
    const whole = fused.get(node);
    if (!whole) return parts.has(node) ? [] : [raw];
    const made = [...(whole === first ? [maskCast(first.mask)] : []), attentionNode(whole, node.output)];
    return made.flatMap((one) => field(GRAPH_NODE, encodeNode(one)));
  };
  return changeGraph(model, (bytes) => nodesChanged(bytes, graph.node, written), [DOMAIN]);
}

function nodesChanged(
  graph: Uint8Array,
  nodes: readonly NodeProto[],
  written: (node: NodeProto, raw: Uint8Array) => readonly Uint8Array[],
): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let next = 0;
  for (const { number, raw } of fieldsOf(graph)) {
    pieces.push(...(number === GRAPH_NODE ? written(nodes[next++]!, raw) : [raw]));
  }
  return pieces;
}

function attentionsOf(graph: GraphProto): Attention[] {
  const nodes = new Nodes(graph);
  return nodes.all.flatMap((node) => {
    const found = node.opType === 'Softmax' ? attentionAt(nodes, node) : undefined;
    if (!found) return [];
    const parts = new Set(found.nodes);
    return found.nodes.slice(0, -1).every((one) => nodes.isInner(one, parts)) ? [found] : [];
  });
}

/** The attention whose softmax this is. Undefined for one of another form. */
function attentionAt(nodes: Nodes, softmax: NodeProto): Attention | undefined {
  const masked = nodes.maker(softmax.input[0], 'Add');
  const scores = nodes.maker(masked?.input[0], 'MatMul');
  const scaled = nodes.maker(scores?.input[0], 'Mul');
  const query = heads(nodes, scaled?.input[0], '0,2,1,3');
  const key = turnedHeads(nodes, scores?.input[1]);
  const weighted = nodes.reader(softmax, 'MatMul');
  const value = heads(nodes, weighted?.input[1], '0,2,1,3');
  const joined = weighted && nodes.reader(weighted, 'Transpose');
  const last = joined && nodes.reader(joined, 'Reshape');
  const mask = maskOf(nodes, masked?.input[1]);
  const [scale] = nodes.constant(scaled?.input[1]) ?? [];
  if (!masked || !scores || !scaled || !query || !key || !value || !last || !mask || scale === undefined)
    return undefined;
  if (orderOf(joined) !== '0,2,1,3' || weighted.input[0] !== softmax.output[0]) return undefined;
  return {
    ...{ query: query.of, key: key.of, value: value.of, mask, heads: query.count, scale },
    nodes: [...query.nodes, ...key.nodes, ...value.nodes, scaled, scores, masked, softmax, weighted, joined, last],
  };
}

interface Heads {
  readonly of: string;
  readonly count: number;
  readonly nodes: readonly NodeProto[];
}

/** [rows, tokens, width] cut into heads, in an order of axes. */
function heads(nodes: Nodes, value: string | undefined, order: string): Heads | undefined {
  const turned = nodes.maker(value, 'Transpose');
  const cut = nodes.maker(turned?.input[0], 'Reshape');
  const shape = nodes.constant(cut?.input[1]);
  if (!turned || !cut || orderOf(turned) !== order || shape?.length !== 4) return undefined;
  return { of: cut.input[0]!, count: shape[2]!, nodes: [cut, turned] };
}

/** Keys, with the last two axes of the heads exchanged: at once, or afterwards. */
function turnedHeads(nodes: Nodes, value: string | undefined): Heads | undefined {
  const turned = nodes.maker(value, 'Transpose');
  const before = turned && orderOf(turned) === '0,1,3,2' ? heads(nodes, turned.input[0], '0,2,1,3') : undefined;
  return before ? { ...before, nodes: [...before.nodes, turned!] } : heads(nodes, value, '0,2,3,1');
}

/** What (1 − mask) · −10³⁰ was made from, in the shape [rows, 1, 1, tokens]. */
function maskOf(nodes: Nodes, bias: string | undefined): string | undefined {
  const low = nodes.maker(nodes.maker(bias, 'Unsqueeze')?.input[0], 'Mul');
  const isLow = (nodes.constant(low?.input[1])?.[0] ?? 0) < -1e20;
  const mask = nodes.maker(nodes.maker(low?.input[0], 'Sub')?.input[1], 'Cast')?.input[0];
  return isLow && nodes.maker(mask, 'Greater') ? mask : undefined;
}

const maskCast = (mask: string): NodeProto => ({
  ...{ name: MASK, opType: 'Cast', domain: '', input: [mask], output: [MASK] },
  attribute: [{ name: 'to', type: attributeType.int, i: dataType.int32 }],
});

const attentionNode = ({ query, key, value, heads: count, scale }: Attention, output: string[]): NodeProto => ({
  ...{ name: `${output[0]}.attention`, opType: 'MultiHeadAttention', domain: DOMAIN, output },
  input: [query, key, value, '', MASK],
  attribute: [
    { name: 'num_heads', type: attributeType.int, i: count },
    { name: 'scale', type: attributeType.float, f: scale },
  ],
});
