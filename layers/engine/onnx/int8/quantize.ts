/**
 * A model whose weights are integers of 8 bits: a quarter of the size. The graph computes in float32 as before, from
 * weights that differ a little:
 *
 *     W ── MatMul      W.int8, W.scale ── DequantizeLinear ── W ── MatMul
 *     E ── Gather      E.int8, E.scale ── Gather each ── Cast ── Mul: only the rows that are taken are scaled
 *
 * The names of all values stay, and every field of the file that is not about those weights.
 */
import { bytesOf } from '../../elements.ts';
import { tensor } from '../../tensor.ts';
import { decodeTensor, OnnxError } from '../decode.ts';
import { attributeType, dataType, encodeNode, encodeTensor, type NodeProto, parseModel } from '../proto.ts';
import { field, fieldsOf } from '../wire.ts';
import { type Planned, planWeights } from './plan.ts';
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

/** Numbers of fields of the format. */
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;

/**
 * @throws OnnxError if the bytes are no model, or have nothing that could be an integer: the message says why
 */
export function quantizeModel(bytes: Uint8Array): Quantized {
  const model = parsed(bytes);
  const opset = model.opsetImport.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  if (opset < LEAST_OPSET) throw new OnnxError(`weights of 8 bits need opset ${LEAST_OPSET} or later; got ${opset}`);
  const { graph } = model;
  const replaced = new Map<number, Replacement>();
  for (const planned of planWeights(graph)) {
    const made = replacementOf(planned, graph.initializer[planned.index]!);
    if (made) replaced.set(planned.index, made);
  }
  if (replaced.size === 0)
    throw new OnnxError('it has no weights of MatMul, Gemm, Conv or Gather that are large enough');
  const tables = new Set([...replaced.values()].filter(({ isTable }) => isTable).map(({ name }) => name));
  const all = [...replaced.values()];
  return {
    bytes: rewrite(bytes, (graph_) => graphWith(graph_, graph.node, replaced, tables)),
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

interface Replacement {
  readonly name: string;
  readonly isTable: boolean;
  readonly elements: number;
  /** Instead of the initialiser. */
  readonly initializers: readonly Uint8Array[];
  /** That makes the value of the same name; none for a table. */
  readonly node: Uint8Array | undefined;
}

function replacementOf({ name, shape, axis, isTable }: Planned, proto: Parameters<typeof decodeTensor>[0]) {
  const { data } = decodeTensor(proto, `initialiser '${name}'`);
  if (!(data instanceof Float32Array)) return undefined;
  const made = int8Weights(data, shape, axis);
  if (made === undefined) return undefined;
  const [values, scales] = [`${name}.int8`, `${name}.scale`];
  const scaleShape = isTable ? shape.map((dim, i) => (i === 0 ? dim : 1)) : [made.scales.length];
  const raw = (bytes: Uint8Array, name: string, dims: readonly number[], type: number) =>
    encodeTensor({ name, dims: [...dims], dataType: type, rawData: bytes });
  const scaleBytes = bytesOf(tensor('float32', [made.scales.length], made.scales));
  return {
    name,
    isTable,
    elements: data.length,
    initializers: [
      raw(new Uint8Array(made.values.buffer), values, shape, INT8),
      raw(scaleBytes, scales, scaleShape, dataType.float32),
    ],
    node: isTable ? undefined : encodeNode(plain('DequantizeLinear', [values, scales], [name], { axis })),
  };
}

const plain = (
  opType: string,
  input: string[],
  output: string[],
  attributes: Readonly<Record<string, number>> = {},
): NodeProto => ({
  name: `${output[0]}.${opType}`,
  opType,
  domain: '',
  input,
  output,
  attribute: Object.entries(attributes).map(([name, i]) => ({ name, type: attributeType.int, i })),
});

/** The model with another graph. */
function rewrite(bytes: Uint8Array, change: (graph: Uint8Array) => readonly Uint8Array[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const { number, raw, value } of fieldsOf(bytes)) {
    if (number === MODEL_GRAPH && value) pieces.push(...field(MODEL_GRAPH, ...change(value)));
    else pieces.push(raw);
  }
  return Buffer.concat(pieces);
}

function graphWith(
  bytes: Uint8Array,
  nodes: readonly NodeProto[],
  replaced: ReadonlyMap<number, Replacement>,
  tables: ReadonlySet<string>,
): readonly Uint8Array[] {
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
      const taken = one.opType === 'Gather' && tables.has(one.input[0]!);
      if (taken) after.push(...gathered(one).flatMap((made) => field(GRAPH_NODE, encodeNode(made))));
      else after.push(raw);
    } else after.push(raw);
  }
  return [...before, ...after];
}

/** Takes rows of integers and their scales, and multiplies them. */
function gathered({ input: [table, index], output: [out] }: NodeProto): NodeProto[] {
  const [rows, scales, numbers] = [`${out}.int8`, `${out}.scale`, `${out}.cast`];
  return [
    plain('Gather', [`${table}.int8`, index!], [rows], { axis: 0 }),
    plain('Gather', [`${table}.scale`, index!], [scales], { axis: 0 }),
    plain('Cast', [rows], [numbers], { to: dataType.float32 }),
    plain('Mul', [numbers, scales], [out!]),
  ];
}
