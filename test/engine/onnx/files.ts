/** Files by hand, right and wrong. */
import { Builder, Graph } from '#engine/graph.ts';
import {
  type AttributeProto,
  encodeModel,
  type GraphProto,
  type NodeProto,
  parseModel,
  type TensorProto,
} from '#engine/onnx/proto.ts';
import { type Attribute, OnnxWriter, OPSET, writeModel } from '#engine/onnx/write.ts';
import type { Tensor } from '#engine/tensor.ts';

/** A file of one graph, with the given nodes and initialisers. */
export function file(graph: Partial<GraphProto>, opset: number = OPSET): Uint8Array {
  const io = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }] } } } });
  const full = { name: 'g', node: [], initializer: [], input: [io('x')], output: [io('y')], ...graph };
  const rest = {
    irVersion: 8,
    producerName: '',
    producerVersion: '',
    domain: '',
    modelVersion: 1,
    docString: '',
    metadataProps: [],
  };
  return encodeModel({ ...rest, graph: full, opsetImport: [{ domain: '', version: opset }] });
}

/** A node; its name is `the <operator>`. */
export const node = (
  opType: string,
  input: string[],
  output: string[],
  attributes: Partial<AttributeProto>[] = [],
): NodeProto => ({
  name: `the ${opType}`,
  opType,
  domain: '',
  input,
  output,
  attribute: attributes.map((one) => ({ name: '', type: 0, ...one })),
});

/** The attributes as a node has them. */
export function attributesOf(attributes: Readonly<Record<string, Attribute>>): AttributeProto[] {
  const w = new OnnxWriter();
  w.node('Any', [], ['y'], { attributes });
  return w.graph(new Graph('g', [], {}), [], []).node[0]!.attribute;
}

/** A file of one node with weights, at an opset; one of no name is an input that is not given. */
export function fileOf(
  opType: string,
  x: Tensor,
  weights: readonly TensorProto[],
  attributes: Readonly<Record<string, Attribute>>,
  opset = 18,
): Uint8Array {
  const b = new Builder();
  const input = b.input('x', x.dtype, x.shape);
  const w = new OnnxWriter();
  w.alias(input, 'x');
  w.node(opType, ['x', ...weights.map(({ name }) => name!)], ['y'], { attributes });
  const model = parseModel(writeModel(new Graph('g', [input], { y: input }), { producer: 'test' }));
  const { node } = w.graph(new Graph('g', [input], {}), [input], []);
  return encodeModel({
    ...model,
    graph: { ...model.graph, node, initializer: weights.filter(({ name }) => name !== '') },
    opsetImport: [{ domain: '', version: opset }],
  });
}
