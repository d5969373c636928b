import protobuf from 'protobufjs/light.js';

/** Messages of the ONNX format, as plain objects. Enumerations are numbers; 64-bit integers are numbers or bigints. */
export interface TensorProto {
  name?: string;
  dims: number[];
  dataType: number;
  rawData?: Uint8Array;
  stringData?: Uint8Array[];
  floatData?: number[];
  int32Data?: number[];
  int64Data?: number[];
  doubleData?: number[];
  /** Where the bytes are, if they are not in the file: `location`, `offset`, `length`. */
  externalData?: { key: string; value: string }[];
  /** 1 if the bytes are elsewhere. */
  dataLocation?: number;
}

export interface DimensionProto {
  dimValue?: number;
  dimParam?: string;
}

export interface TensorTypeProto {
  elemType: number;
  shape: { dim: DimensionProto[] };
}

export interface ValueInfoProto {
  name: string;
  type: { tensorType: TensorTypeProto };
}

export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
  graphs?: GraphProto[];
}

export interface NodeProto {
  name: string;
  opType: string;
  domain: string;
  input: string[];
  output: string[];
  attribute: AttributeProto[];
}

export interface GraphProto {
  name: string;
  node: NodeProto[];
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}

export interface ModelProto {
  irVersion: number;
  producerName: string;
  producerVersion: string;
  domain: string;
  modelVersion: number;
  docString: string;
  graph: GraphProto;
  opsetImport: { domain: string; version: number }[];
  metadataProps: { key: string; value: string }[];
}

/** A message of the format has at most two gibibytes. */
export const MAX_MODEL_BYTES = 2 ** 31 - 1;

/** AttributeProto.AttributeType, the part in use. */
export const attributeType = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

/** TensorProto.DataType, the part in use. */
export const dataType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;

type FieldRow = readonly [name: string, id: number, type: string, rule?: 'repeated'];

/** Field numbers are those of the public onnx.proto. */
const messages: Readonly<Record<string, readonly FieldRow[]>> = {
  ModelProto: [
    ['irVersion', 1, 'int64'],
    ['producerName', 2, 'string'],
    ['producerVersion', 3, 'string'],
    ['domain', 4, 'string'],
    ['modelVersion', 5, 'int64'],
    ['docString', 6, 'string'],
    ['graph', 7, 'GraphProto'],
    ['opsetImport', 8, 'OperatorSetIdProto', 'repeated'],
    ['metadataProps', 14, 'StringStringEntryProto', 'repeated'],
  ],
  OperatorSetIdProto: [
    ['domain', 1, 'string'],
    ['version', 2, 'int64'],
  ],
  StringStringEntryProto: [
    ['key', 1, 'string'],
    ['value', 2, 'string'],
  ],
  GraphProto: [
    ['node', 1, 'NodeProto', 'repeated'],
    ['name', 2, 'string'],
    ['initializer', 5, 'TensorProto', 'repeated'],
    ['input', 11, 'ValueInfoProto', 'repeated'],
    ['output', 12, 'ValueInfoProto', 'repeated'],
  ],
  NodeProto: [
    ['input', 1, 'string', 'repeated'],
    ['output', 2, 'string', 'repeated'],
    ['name', 3, 'string'],
    ['opType', 4, 'string'],
    ['attribute', 5, 'AttributeProto', 'repeated'],
    ['domain', 7, 'string'],
  ],
  AttributeProto: [
    ['name', 1, 'string'],
    ['f', 2, 'float'],
    ['i', 3, 'int64'],
    ['s', 4, 'bytes'],
    ['t', 5, 'TensorProto'],
    ['g', 6, 'GraphProto'],
    ['floats', 7, 'float', 'repeated'],
    ['ints', 8, 'int64', 'repeated'],
    ['strings', 9, 'bytes', 'repeated'],
    ['graphs', 11, 'GraphProto', 'repeated'],
    ['type', 20, 'int32'],
  ],
  TensorProto: [
    ['dims', 1, 'int64', 'repeated'],
    ['dataType', 2, 'int32'],
    ['floatData', 4, 'float', 'repeated'],
    ['int32Data', 5, 'int32', 'repeated'],
    ['stringData', 6, 'bytes', 'repeated'],
    ['int64Data', 7, 'int64', 'repeated'],
    ['name', 8, 'string'],
    ['rawData', 9, 'bytes'],
    ['doubleData', 10, 'double', 'repeated'],
    ['externalData', 13, 'StringStringEntryProto', 'repeated'],
    ['dataLocation', 14, 'int32'],
  ],
  ValueInfoProto: [
    ['name', 1, 'string'],
    ['type', 2, 'TypeProto'],
  ],
  TypeProto: [['tensorType', 1, 'TensorTypeProto']],
  TensorTypeProto: [
    ['elemType', 1, 'int32'],
    ['shape', 2, 'TensorShapeProto'],
  ],
  TensorShapeProto: [['dim', 1, 'DimensionProto', 'repeated']],
  DimensionProto: [
    ['dimValue', 1, 'int64'],
    ['dimParam', 2, 'string'],
  ],
};

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(
    Object.entries(messages).map(([message, rows]) => [
      message,
      {
        fields: Object.fromEntries(
          rows.map(([name, id, type, rule]) => [
            name,
            { id, type, ...(rule ? { rule, options: { packed: false } } : {}) },
          ]),
        ),
      },
    ]),
  ),
});

const modelType = root.lookupType('ModelProto');
const nodeType = root.lookupType('NodeProto');
const tensorType = root.lookupType('TensorProto');
const opsetType = root.lookupType('OperatorSetIdProto');

/** The model as the bytes of a `.onnx` file. */
export function encodeModel(model: ModelProto): Uint8Array {
  return modelType.encode(model).finish();
}

/** A node as it stands in the bytes of a graph. */
export const encodeNode = (node: NodeProto): Uint8Array => nodeType.encode(node).finish();

/** A tensor as it stands in the bytes of a graph. */
export const encodeTensor = (tensor: TensorProto): Uint8Array => tensorType.encode(tensor).finish();

/** The version of a domain of operators, as it stands in the bytes of a model. */
export const encodeOpset = (opset: ModelProto['opsetImport'][number]): Uint8Array => opsetType.encode(opset).finish();

/** The bytes of a `.onnx` file as plain objects, of which fields outside the interfaces above are dropped. */
export function decodeModel(bytes: Uint8Array): Record<string, unknown> {
  return modelType.toObject(modelType.decode(bytes), { longs: Number, defaults: true, arrays: true });
}

/** As `decodeModel`, with absent fields absent and lists never so. */
export function parseModel(bytes: Uint8Array): ModelProto {
  const model = modelType.toObject(modelType.decode(bytes), { longs: Number, arrays: true });
  // The table of messages above is what the interfaces say, field for field.
  return model as ModelProto;
}
