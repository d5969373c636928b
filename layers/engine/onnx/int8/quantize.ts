/**
 * A model whose weights are integers of 8 bits: a quarter of the size. The graph computes in float32 as before, from
 * weights that differ a little:
 *
 *     W ── MatMul      W.int8, W.scale ── DequantizeLinear ── W ── MatMul
 *     E ── Gather      E.int8, E.scale ── Gather each ── Cast ── Mul: only the rows that are taken are scaled
 *
 * With integer products, what a matrix is multiplied by becomes integers as well (`products.ts`), which is faster. The names
 * of all values stay, and every field of the file that is not about those weights.
 */
import { bytesOf } from '../../elements.ts';
import { tensor } from '../../tensor.ts';
import { changeGraph, GRAPH_INITIALIZER, GRAPH_NODE } from '../change.ts';
import { decodeTensor, OnnxError } from '../decode.ts';
import { dataType, encodeNode, encodeTensor, type NodeProto, parseModel } from '../proto.ts';
import { field, fieldsOf } from '../wire.ts';
import { plainNode } from './node.ts';
import { type Planned, planWeights } from './plan.ts';
import { IntegerProducts, unsignedOf, ZERO_POINT } from './products.ts';
import { int8Weights } from './weights.ts';

export interface Quantized {
  readonly bytes: Uint8Array;
  /** How many weights, of all elements of initialisers, are integers now. */
  readonly elements: number;
  readonly tensors: number;
}

/** DequantizeLinear has scales for each channel from this opset on. */
const LEAST_OPSET = 13;
const INT8 = 3;
const UINT8 = 2;

export interface QuantizeOptions {
  /** Whether products with matrices are computed with integers as well. Default: false. */
  readonly integerProducts?: boolean;
}

/**
 * @throws OnnxError if the bytes are no model, or have nothing that could be an integer: the message says why
 */
export function quantizeModel(bytes: Uint8Array, { integerProducts = false }: QuantizeOptions = {}): Quantized {
  const model = parsed(bytes);
  const opset = model.opsetImport.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  if (opset < LEAST_OPSET) throw new OnnxError(`weights of 8 bits need opset ${LEAST_OPSET} or later; got ${opset}`);
  const { graph } = model;
  const replaced = new Map<number, Replacement>();
  for (const plan of planWeights(graph)) {
    const planned = { ...plan, isFactor: plan.isFactor && integerProducts };
    const made = replacementOf(planned, graph.initializer[planned.index]!);
    if (made) replaced.set(planned.index, made);
  }
  if (replaced.size === 0)
    throw new OnnxError('it has no weights of MatMul, Gemm, Conv, Gather or a recurrent cell that are large enough');
  const all = [...replaced.values()];
  return {
    bytes: changeGraph(bytes, (graph_) => graphWith(graph_, graph.node, replaced)),
    elements: all.reduce((sum, { elements }) => sum + elements, 0),
    tensors: all.length,
  };
}

function parsed(bytes: Uint8Array) {
  try {
    const model = parseModel(bytes);
    if (model.graph && model.opsetImport.length > 0) return model;
  } catch (error) {
    throw new OnnxError(`not an ONNX model: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  throw new OnnxError('not an ONNX model: it has no graph or no opset');
}

interface Replacement extends Pick<Planned, 'name' | 'isTable' | 'isFactor'> {
  readonly elements: number;
  /** Instead of the initialiser. */
  readonly initializers: readonly Uint8Array[];
  /** That makes the value of the same name; none for a table and a factor. */
  readonly node: Uint8Array | undefined;
}

function replacementOf(
  { name, shape, axis, isTable, isFactor }: Planned,
  proto: Parameters<typeof decodeTensor>[0],
): Replacement | undefined {
  const { data } = decodeTensor(proto, `initialiser '${name}'`);
  if (!(data instanceof Float32Array)) return undefined;
  const made = int8Weights(data, shape, axis);
  if (made === undefined) return undefined;
  const [values, scales, zero] = [`${name}.int8`, `${name}.scale`, `${name}.zero`];
  const scaleShape = isTable ? shape.map((dim, i) => (i === 0 ? dim : 1)) : [made.scales.length];
  const raw = (bytes: Uint8Array, name: string, dims: readonly number[], type: number) =>
    encodeTensor({ name, dims: [...dims], dataType: type, rawData: bytes });
  const scaleBytes = bytesOf(tensor('float32', [made.scales.length], made.scales));
  const integers = isFactor
    ? [raw(unsignedOf(made.values), values, shape, UINT8), raw(Uint8Array.of(ZERO_POINT), zero, [], UINT8)]
    : [raw(new Uint8Array(made.values.buffer), values, shape, INT8)];
  return {
    ...{ name, isTable, isFactor, elements: data.length },
    initializers: [...integers, raw(scaleBytes, scales, scaleShape, dataType.float32)],
    node:
      isTable || isFactor ? undefined : encodeNode(plainNode('DequantizeLinear', [values, scales], [name], { axis })),
  };
}

function graphWith(
  bytes: Uint8Array,
  nodes: readonly NodeProto[],
  replaced: ReadonlyMap<number, Replacement>,
): readonly Uint8Array[] {
  const named = new Map(Array.from(replaced.values(), (one) => [one.name, one]));
  const products = new IntegerProducts();
  const [before, after]: [Uint8Array[], Uint8Array[]] = [[], []];
  let [node, initializer] = [0, 0];
  for (const { number, raw } of fieldsOf(bytes)) {
    if (number === GRAPH_INITIALIZER) {
      const made = replaced.get(initializer++);
      if (made === undefined) after.push(raw);
      else after.push(...made.initializers.flatMap((one) => field(GRAPH_INITIALIZER, one)));
      // Before every node that reads it.
      if (made?.node) before.push(...field(GRAPH_NODE, made.node));
    } else if (number === GRAPH_NODE) {
      const one = nodes[node++]!;
      const made = rewritten(one, named, products);
      after.push(...(made ? made.flatMap((part) => field(GRAPH_NODE, encodeNode(part))) : [raw]));
    } else after.push(raw);
  }
  return [...before, ...after];
}

function rewritten(
  node: NodeProto,
  named: ReadonlyMap<string, Replacement>,
  products: IntegerProducts,
): NodeProto[] | undefined {
  const [first = '', second = ''] = node.input;
  if (node.opType === 'Gather' && named.get(first)?.isTable) return gathered(node);
  return node.opType === 'MatMul' && named.get(second)?.isFactor ? products.of(node) : undefined;
}

/** Takes rows of integers and their scales, and multiplies them. */
function gathered({ input: [table, index], output: [out] }: NodeProto): NodeProto[] {
  const [rows, scales, numbers] = [`${out}.int8`, `${out}.scale`, `${out}.cast`];
  return [
    plainNode('Gather', [`${table}.int8`, index!], [rows], { axis: 0 }),
    plainNode('Gather', [`${table}.scale`, index!], [scales], { axis: 0 }),
    plainNode('Cast', [rows], [numbers], { to: dataType.float32 }),
    plainNode('Mul', [numbers, scales], [out!]),
  ];
}
