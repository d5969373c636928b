import { describe, expect, test } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import { dataType, encodeModel, type NodeProto, parseModel, type TensorProto } from '#engine/onnx/proto.ts';
import { readModel } from '#engine/onnx/read.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { openSession } from '#engine/run.ts';
import { type Tensor, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { random } from '../harness.ts';
import { expectSame } from './both-ways.ts';
import { file, fileOf, node } from './files.ts';

const float = (seed: number, shape: number[]) => random(seed, shape, -1, 1, 'float32');

describe('what a file computes of shapes and positions', () => {
  const symbolic = (nodes: readonly NodeProto[], dims: readonly string[], feeds: Tensor) => {
    const model = parseModel(file({ node: [...nodes] }));
    const io = {
      name: 'x',
      type: { tensorType: { elemType: dataType[feeds.dtype], shape: { dim: dims.map((dimParam) => ({ dimParam })) } } },
    };
    return encodeModel({ ...model, graph: { ...model.graph, input: [io] } });
  };

  test('a part of a shape has the part’s length, also where it is known only when the graph runs', async () => {
    const nodes = [node('Shape', ['x'], ['y'], [{ name: 'start', type: 2, i: 1 }])];
    const model = readModel(symbolic(nodes, ['rows', 'columns'], float(1, [1, 1])));
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', 'columns']);
    const { y } = model.build(b, { x }, {});
    await using session = await openSession(writeModel(new Graph('g', [x], { y: y! }), { producer: 'test' }));
    expect(toNumbers((await session.run({ x: float(1, [2, 5]) })).y!)).toEqual([5]);
  });

  test('int32 stays int32 where it is computed beforehand', () => {
    const int32 = (name: string) => ({ name, dims: [1], dataType: 6, int32Data: [3] });
    const model = readModel(file({ node: [node('Add', ['p', 'q'], ['y'])], initializer: [int32('p'), int32('q')] }));
    expect(model.build(new Builder(), { x: new Builder().input('x', 'float32', [2]) }, {}).y!.type.dtype).toBe('int32');
  });

  test.each([0, 1, 2, -1])(
    'one-hot rows lie along axis %i, and count from the end where they are negative',
    async (axis) => {
      const indices = tensorFrom('int64', [2, 3], [0, -1, 2, 3, -4, 1]);
      const weights: TensorProto[] = [
        { name: 'depth', dims: [], dataType: 7, int64Data: [4] },
        { name: 'values', dims: [2], dataType: 7, int64Data: [-1, 5] },
      ];
      await expectSame(fileOf('OneHot', indices, weights, { axis: { int: axis } }), { x: indices });
    },
  );

  test.each([
    [[3], [3]],
    [[2, 3], [3]],
    [[3], [3, 2]],
    [[4, 2, 3], [3]],
    [[3], [4, 3, 2]],
  ])('vectors are rows and columns: %j · %j', async (left, right) => {
    const w: TensorProto = { name: 'w', dims: right, dataType: 1, floatData: toNumbers(float(2, right)) };
    const x = float(1, left);
    await expectSame(fileOf('MatMul', x, [w], {}), { x });
  });

  test('a large constant is made when the graph runs', () => {
    const shape = { name: 's', dims: [2], dataType: 7, int64Data: [2 ** 20, 2 ** 20] };
    const y = readModel(file({ node: [node('ConstantOfShape', ['s'], ['y'])], initializer: [shape] })).build(
      new Builder(),
      { x: new Builder().input('x', 'float32', [2]) },
      {},
    ).y!;
    expect(y.type).toEqual({ dtype: 'float32', shape: [2 ** 20, 2 ** 20] });
  });
});
