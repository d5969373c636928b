import { describe, expect, test } from '@jest/globals';
import { ValidationError } from '#domain/errors.ts';
import {
  type AttributeProto,
  attributeType,
  dataType,
  encodeModel,
  type NodeProto,
  type TensorProto,
} from '#engine/onnx/proto.ts';
import { readImported } from '#learning/imported/read.ts';

const node = (opType: string, input: string[], output: string, attribute: AttributeProto[] = []): NodeProto => ({
  ...{ name: `the ${output}`, opType, domain: '', input, output: [output] },
  attribute,
});
const int = (name: string, i: number): AttributeProto => ({ name, type: attributeType.int, i });
const floats = (
  name: string,
  dims: number[],
  data = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 1),
): TensorProto => ({
  ...{ name, dims, dataType: dataType.float32, floatData: data },
});
const ints = (name: string, int64Data: number[]): TensorProto => ({
  ...{ name, dims: [int64Data.length], dataType: dataType.int64, int64Data },
});
const value = (name: string, columns: number) => ({
  name,
  type: { tensorType: { elemType: dataType.float32, shape: { dim: [{ dimParam: 'rows' }, { dimValue: columns }] } } },
});

/** A model of two features, which answers their sum and the mean of `big`. */
function modelOf(nodes: NodeProto[], initializer: TensorProto[] = []): Uint8Array {
  const answer = [
    node('MatMul', ['x', 'w'], 'sum'),
    node('ReduceMean', ['big'], 'mean', [int('keepdims', 0)]),
    node('Add', ['sum', 'mean'], 'y'),
  ];
  return encodeModel({
    ...{ irVersion: 8, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
    graph: {
      ...{ name: 'g', node: [...nodes, ...answer], input: [value('x', 2)], output: [value('y', 1)] },
      initializer: [
        floats('w', [2, 1]),
        floats('one', [1]),
        ints('first', [0]),
        ints('column', [-1, 1]),
        ...initializer,
      ],
    },
    ...{ opsetImport: [{ domain: '', version: 17 }], metadataProps: [] },
  });
}

const rows = [node('Shape', ['x'], 'shape'), node('Gather', ['shape', 'first'], 'rows', [int('axis', 0)])];

const refusalOf = (bytes: Uint8Array): Promise<string> =>
  readImported(bytes, { target: 'y' }).then(
    () => 'none',
    (error: unknown) => {
      if (error instanceof ValidationError) return error.details[0]!.message;
      throw error;
    },
  );

describe('a model that makes too much of its rows is refused by the operator that does', () => {
  test.each([
    [
      'as the shape of the rows says, thrice',
      [
        ...rows,
        node('Concat', ['rows', 'rows', 'rows'], 'cube', [int('axis', 0)]),
        node('Expand', ['one', 'cube'], 'big'),
      ],
      [],
      /operator Expand of node 'the big' cannot be served: it makes 1000000000000 elements of 10000 rows; at most 268435456 are/,
    ],
    [
      'by a power of their number, which nothing infers',
      [
        ...rows,
        node('Cast', ['rows'], 'number', [int('to', dataType.float32)]),
        node('Pow', ['number', 'five'], 'power'),
        node('Cast', ['power'], 'much', [int('to', dataType.int64)]),
        node('Expand', ['one', 'much'], 'big'),
      ],
      [floats('five', [1], [5])],
      /operator Expand of node 'the big' cannot be served: it makes \d+ elements of 10000 rows/,
    ],
    [
      'by products of rows with rows',
      [
        node('Transpose', ['x'], 'turned'),
        node('MatMul', ['x', 'turned'], 'pairs'),
        node('Reshape', ['pairs', 'column'], 'long'),
        node('Transpose', ['long'], 'wide'),
        node('MatMul', ['long', 'wide'], 'big'),
      ],
      [],
      /operator MatMul of node 'the big' cannot be served: it makes 1\d{16} elements of 10000 rows/,
    ],
    [
      'whatever the rows are, of constants',
      [node('MatMul', ['tall', 'flat'], 'big')],
      [floats('tall', [20_000, 1]), floats('flat', [1, 20_000])],
      /operator MatMul of node 'the big' cannot be served: it makes 400000000 elements of 1 row; at most 134217728 are/,
    ],
    [
      'by numbers that are computed from constants',
      [node('Mul', ['many', 'many'], 'product'), node('ConstantOfShape', ['product'], 'big')],
      [ints('many', [50_000])],
      /operator ConstantOfShape of node 'the big' cannot be served: it makes 2500000000 elements of 1 row/,
    ],
  ])('%s', async (_, nodes, constants, message) => {
    expect(await refusalOf(modelOf(nodes, constants))).toMatch(message);
  });
});

test('a model whose states are as large as its rows are many is served', async () => {
  const nodes = [
    ...rows,
    node('Concat', ['rows', 'four'], 'size', [int('axis', 0)]),
    node('Expand', ['one', 'size'], 'big'),
  ];
  expect(await refusalOf(modelOf(nodes, [ints('four', [4])]))).toBe('none');
});
