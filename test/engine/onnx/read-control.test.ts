import { describe, expect, test } from '@jest/globals';
import { grad } from '#engine/grad.ts';
import { Builder, Graph, type Value } from '#engine/graph.ts';
import { OnnxError } from '#engine/onnx/decode.ts';
import { attributeType, encodeModel, type GraphProto, parseModel } from '#engine/onnx/proto.ts';
import { readModel } from '#engine/onnx/read.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { type Tensor, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { random } from '../harness.ts';
import { expectSame } from './both-ways.ts';
import { fileOf } from './files.ts';

const float = (seed: number, shape: number[]) => random(seed, shape, -1, 1, 'float32');

function written(inputs: readonly Tensor[], build: (b: Builder, xs: readonly Value[]) => Record<string, Value>) {
  const b = new Builder();
  const values = inputs.map((input, i) => b.input(`x${i}`, input.dtype, input.shape));
  const bytes = writeModel(new Graph('g', values, build(b, values)), { producer: 'test' });
  return { bytes, feeds: Object.fromEntries(inputs.map((input, i) => [`x${i}`, input])) };
}

describe('loops', () => {
  const inputs = [float(1, [5, 2, 3]), float(2, [3, 8]), float(3, [2, 8]), float(4, [8])];

  test('come back as they were, forwards and backwards, with what they capture', async () => {
    const { bytes, feeds } = written(inputs, (b, [x, w, h, c]) => {
      const direction = (reverse: boolean) => ({
        weights: { input: w!, hidden: h!, inputBias: ops.mul(b, c!, 0.5) },
        reverse,
      });
      return {
        forwards: ops.lstm(b, x!, [direction(false)]).sequence,
        backwards: ops.lstm(b, x!, [direction(true)]).cell,
        both: ops.lstm(b, x!, [direction(false), direction(true)]).sequence,
      };
    });
    await expectSame(bytes, feeds);
  });

  test('see through a branch inside what lies outside', async () => {
    const [xs, w] = [float(1, [4, 3]), float(2, [3])];
    const { bytes, feeds } = written([xs, w], (b, [x, w]) => {
      const { sequences } = ops.scan(b, {
        captured: [w!],
        states: [],
        sequences: [x!],
        body: (b, [w], __, [row]) => {
          const positive = ops.greater(b, ops.reduceSum(b, row!), 0);
          const whenTrue: ops.Branch = (b, [row, w]) => [ops.mul(b, row!, w!)];
          const whenFalse: ops.Branch = (b, [row]) => [ops.neg(b, row!)];
          return { states: [], slices: [...ops.cond(b, positive, [row!, w!], whenTrue, whenFalse)] };
        },
      });
      return { y: sequences[0]! };
    });
    await expectSame(bytes, feeds);
  });

  test('have a gradient after they were read', () => {
    const { bytes } = written(inputs, (b, [x, w, h, c]) => ({
      y: ops.lstm(b, x!, [{ weights: { input: w!, hidden: h!, inputBias: c! } }]).sequence,
    }));
    const model = readModel(bytes);
    const b = new Builder();
    const values = Object.fromEntries(
      Object.entries(model.inputs).map(([name, { dtype, shape }]) => [name, b.input(name, dtype, shape)]),
    );
    const { y } = model.build(b, values, {});
    expect(grad(b, ops.reduceSum(b, y!), [values.x2!])[0]!.type.shape).toEqual([2, 8]);
  });

  test('go through each sequence in its own direction, forwards where none is said', async () => {
    const { bytes, feeds } = written([float(1, [3, 2]), float(2, [3, 2])], (b, [x, y]) => {
      const { states, sequences } = ops.scan(b, {
        captured: [],
        states: [ops.mul(b, b.constant(float(3, [2])), 1)],
        sequences: [x!, { value: y!, reverse: true }],
        body: (b, _, [s], [x, y]) => {
          const next = ops.add(b, ops.mul(b, s!, 0.5), ops.mul(b, x!, y!));
          return { states: [next], slices: [{ value: next, reverse: true }, ops.mul(b, next, 2)] };
        },
      });
      return { s: states[0]!, p: sequences[0]!, q: sequences[1]! };
    });
    await expectSame(bytes, feeds);
    for (const name of ['scan_input_directions', 'scan_output_directions']) {
      const model = parseModel(bytes);
      const scan = model.graph.node.find(({ opType }) => opType === 'Scan')!;
      scan.attribute = scan.attribute.filter((attribute) => attribute.name !== name);
      await expectSame(encodeModel(model), feeds);
    }
  });

  test('go along the first axis', () => {
    const { bytes } = written([float(1, [3, 2])], (b, [x]) => {
      const { sequences } = ops.scan(b, {
        captured: [],
        states: [],
        sequences: [x!],
        body: (b, _, __, [slice]) => ({ states: [], slices: [ops.neg(b, slice!)] }),
      });
      return { y: sequences[0]! };
    });
    const changed = (name: string, value: number) => {
      const model = parseModel(bytes);
      const scan = model.graph.node.find(({ opType }) => opType === 'Scan')!;
      const others = scan.attribute.filter((attribute) => attribute.name !== name);
      scan.attribute = [...others, { name, type: attributeType.ints, ints: [value] }];
      const b = new Builder();
      return () => readModel(encodeModel(model)).build(b, { x0: b.input('x0', 'float32', [3, 2]) }, {});
    };
    expect(changed('scan_output_axes', 1)).toThrow(/^Scan at .*: wants sequences along axis 0; got axes 1$/);
  });
});

describe('branches', () => {
  test.each([1, -1])('come back as they were, with what they capture and constants from outside: %d', async (sign) => {
    const { bytes, feeds } = written([tensorFrom('float32', [2], [sign, 2]), float(2, [2])], (b, [x, y]) => {
      const two = b.constant(tensorFrom('float32', [2], [2, 3]));
      const positive = ops.greater(b, ops.reduceSum(b, ops.slice(b, x!, 0, 0, 1)), 0);
      const [value] = ops.cond(
        b,
        positive,
        [x!, y!, ops.exp(b, y!), two],
        (b, [x, , e, two]) => [ops.mul(b, ops.add(b, x!, e!), two!)],
        (b, [x, y]) => [ops.reshape(b, ops.sub(b, x!, y!), [2])],
      );
      return { y: value!, z: ops.add(b, two, x!) };
    });
    await expectSame(bytes, feeds);
  });

  test('are looked into for operators that are not read', () => {
    const { bytes } = written([float(1, [2])], (b, [x]) => {
      const branch: ops.Branch = (b, [x]) => [ops.exp(b, x!)];
      return { y: ops.cond(b, ops.greater(b, ops.reduceSum(b, x!), 0), [x!], branch, branch)[0]! };
    });
    const model = parseModel(bytes);
    const inner = (graph: GraphProto) =>
      graph.node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => g?.node ?? []));
    inner(model.graph)[0]!.opType = 'Unheard';
    expect(() => readModel(encodeModel(model))).toThrow(OnnxError);
    expect(() => readModel(encodeModel(model))).toThrow(/^operator Unheard of node .* is not read$/);
  });
});

describe('models of 16 bits', () => {
  test.each(['float16', 'bfloat16'] as const)(
    'in %s are read as float32, constants and casts included',
    async (dtype) => {
      const w = tensorFrom(dtype, [3, 2], [0.1, 0.2, 0.3, -0.4, 0.5, -0.6]);
      const { bytes, feeds } = written([float(1, [4, 3])], (b, [x]) => {
        // Rows that are put together have kernels for 16 bits on a CPU.
        const rows = ops.concat(b, [ops.cast(b, x!, dtype), ops.transpose(b, b.constant(w))], 0);
        return { y: ops.cast(b, rows, 'float32') };
      });
      const model = readModel(bytes);
      expect(Object.values(model.parameters).map((t) => [t.dtype, toNumbers(t)])).toEqual([['float32', toNumbers(w)]]);
      await expectSame(bytes, feeds, dtype === 'float16' ? 3 : 2);
    },
  );
});

test('group normalisation had a gain for each group until opset 21', () => {
  const x = float(1, [2, 6, 2]);
  const weights = [
    { name: 'gain', dims: [3], dataType: 1, floatData: [1, 2, 3] },
    { name: 'bias', dims: [3], dataType: 1, floatData: [4, 5, 6] },
  ];
  const bytes = fileOf('GroupNormalization', x, weights, { num_groups: { int: 3 } });
  return expectSame(bytes, { x });
});

test('a range between known numbers is a constant', async () => {
  const { bytes, feeds } = written([float(1, [4, 3])], (b, [x]) => ({ y: ops.mul(b, x!, 2) }));
  const model = parseModel(bytes);
  const number = (name: string, dataType: number, value: number) =>
    dataType === 1
      ? { name, dims: [], dataType, floatData: [value] }
      : { name, dims: [], dataType, int64Data: [value] };
  const node = (opType: string, input: string[], output: string[]) => ({
    name: output[0]!,
    opType,
    domain: '',
    input,
    output,
    attribute: [],
  });
  model.graph.initializer.push(number('a', 7, 2), number('b', 7, -1), number('c', 7, -1));
  model.graph.initializer.push(number('d', 1, 0.5), number('e', 1, 2), number('f', 1, 0.5));
  model.graph.node = [
    node('Range', ['a', 'b', 'c'], ['rows']),
    node('Range', ['d', 'e', 'f'], ['steps']),
    node('Gather', ['x0', 'rows'], ['some']),
    node('Mul', ['some', 'steps'], ['y']),
  ];
  model.graph.output[0]!.type.tensorType.shape.dim = [{ dimValue: 3 }, { dimValue: 3 }];
  await expectSame(encodeModel(model), feeds);
});
