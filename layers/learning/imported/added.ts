/** The nodes and numbers that are put around a model of others. */
import { attributeType, dataType, type NodeProto, type TensorProto, type ValueInfoProto } from '#engine/onnx/proto.ts';

/** Before every name within, so that none is one of those outside. */
export const INSIDE = 'imported/';
/** Before the names of what is added. */
export const ADDED = 'added/';

/** The shape [rows]. */
export const FLAT = `${ADDED}flat`;
/** The names of the classes. */
export const CLASSES = `${ADDED}classes`;

export function node(
  opType: string,
  input: string[],
  output: string,
  attributes: Readonly<Record<string, number>> = {},
): NodeProto {
  const attribute = Object.entries(attributes).map(([name, i]) => ({ name, type: attributeType.int, i }));
  return { name: `${ADDED}${output}`, opType, domain: '', input, output: [output], attribute };
}

export const vector = (name: string, values: readonly number[]): TensorProto => ({
  name,
  dims: [values.length],
  dataType: dataType.int64,
  int64Data: [...values],
});

type Dims = readonly (number | string)[];

export const valueInfo = (name: string, elemType: number, dims: Dims): ValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: dims.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) },
    },
  },
});
