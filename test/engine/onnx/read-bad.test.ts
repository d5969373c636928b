import { describe, expect, test } from '@jest/globals';
import { GradientError, grad } from '#engine/grad.ts';
import { Builder, type Value } from '#engine/graph.ts';
import { OnnxError } from '#engine/onnx/decode.ts';
import { type AttributeProto, parseModel, type TensorProto, type ValueInfoProto } from '#engine/onnx/proto.ts';
import { networkOf, readModel } from '#engine/onnx/read.ts';
import * as ops from '#engine/ops/index.ts';
import { file, node } from './files.ts';

describe('bad files are refused by what is wrong', () => {
  const build = (bytes: Uint8Array) => {
    const b = new Builder();
    return readModel(bytes).build(b, { x: b.input('x', 'float32', [2]) }, {});
  };

  test('bytes that are no model, other opsets, unknown operators, missing values', () => {
    expect(() => readModel(Buffer.from('hello world'))).toThrow(OnnxError);
    expect(() => readModel(new Uint8Array())).toThrow('not an ONNX model: it has no graph or no opset');
    expect(() => readModel(file({}, 7))).toThrow('opset must be between 13 and 21; got 7');
    expect(() => readModel(file({ node: [node('Unheard', ['x'], ['y'])] }))).toThrow(
      "operator Unheard of node 'the Unheard' is not read",
    );
    expect(() => build(file({ node: [node('Exp', ['z'], ['y'])] }))).toThrow(
      "Exp of node 'the Exp' reads 'z', which nothing before it makes",
    );
    expect(() => build(file({}))).toThrow("output 'y' is made by no node");
    const whole = file({ node: [node('Exp', ['x'], ['y'])] });
    expect(() => readModel(whole.subarray(0, whole.length - 5))).toThrow(/^not an ONNX model: /);
  });

  test('a shape that does not fit names the node, and so does a gradient that does not exist', () => {
    const w = { name: 'w', dims: [3], dataType: 1, floatData: [1, 2, 3] };
    expect(() =>
      readModel(file({ node: [node('Add', ['x', 'w'], ['y'])], initializer: [w] })).build(
        new Builder(),
        { x: new Builder().input('x', 'float32', [2]) },
        {},
      ),
    ).toThrow(/Add\(float32\[2\], float32\[3\]\) at node 'the Add': cannot broadcast/);
    const b = new Builder();
    const x = b.input('x', 'float32', [2]);
    const y = readModel(file({ node: [node('Floor', ['x'], ['y'])] })).build(b, { x }, {}).y as Value;
    expect(() => grad(b, ops.reduceSum(b, y), [x])).not.toThrow(GradientError);
  });
  test('a cycle is a node before the one that it reads', () => {
    const cycle = [node('Exp', ['b'], ['a']), node('Neg', ['a'], ['b']), node('Abs', ['b'], ['y'])];
    expect(() => build(file({ node: cycle }))).toThrow(
      "Exp of node 'the Exp' reads 'b', which nothing before it makes: nodes must come after those whose results they read",
    );
  });

  test.each(['constructor', 'toString', '__proto__'])('an operator called %s is no operator', (name) => {
    expect(() => readModel(file({ node: [node(name, ['x'], ['y'])] }))).toThrow(`operator ${name} of`);
  });

  test('an operator of another domain is not the one that ONNX calls so', () => {
    const other = { ...node('Gelu', ['x'], ['y']), domain: 'com.example' };
    expect(() => readModel(file({ node: [other] }))).toThrow(
      "operator com.example.Gelu of node 'the Gelu' is not read",
    );
  });

  test('an input must be a tensor of known rank', () => {
    const odd = { name: 'x', type: {} } as ValueInfoProto;
    expect(() => readModel(file({ input: [odd], node: [node('Exp', ['x'], ['y'])] }))).toThrow(
      "input 'x' must be a tensor of known rank",
    );
  });

  const ints = (name: string, values: number[]) => ({ name, dims: [values.length], dataType: 7, int64Data: values });
  const scalar = (name: string, value: number) => ({ name, dims: [], dataType: 7, int64Data: [value] });

  test.each<[string, string[], TensorProto[], Partial<AttributeProto>[], string]>([
    ['Reshape', ['x'], [], [], 'wants input 1'],
    ['Reshape', ['x', 's'], [ints('s', [2, 0])], [], 'wants a 0 only where its input has an axis; got one at 1'],
    ['Slice', ['x', 's'], [ints('s', [0])], [], 'wants input 2'],
    ['Unsqueeze', ['x'], [], [], 'wants input 1'],
    ['CumSum', ['x', 's'], [ints('s', [0, 1])], [], 'wants one number for input 1'],
    ['TopK', ['x', 's'], [ints('s', [])], [], 'wants one number for input 1'],
    ['ArgMax', ['x'], [], [{ name: 'select_last_index', i: 1 }], 'wants select_last_index of 0; got 1'],
    ['Mod', ['x', 'x'], [], [{ name: 'fmod', i: 1 }], 'wants fmod of 0; got 1'],
    ['IsInf', ['x'], [], [{ name: 'detect_negative', i: 0 }], 'wants detect_negative of 1; got 0'],
    ['BatchNormalization', ['x'], [], [{ name: 'training_mode', i: 1 }], 'wants training_mode of 0; got 1'],
    ['LSTM', ['x', 'x', 'x'], [], [{ name: 'input_forget', i: 1 }], 'wants input_forget of 0; got 1'],
    ['LSTM', ['x', 'x', 'x'], [], [{ name: 'clip', f: 1 }], 'wants no clip'],
    ['GRU', ['x', 'x', 'x'], [], [{ name: 'linear_before_reset', i: 2 }], 'wants linear_before_reset of 0 or 1; got 2'],
    ['OneHot', ['x', 's', 'x'], [scalar('s', 2 ** 40)], [], 'wants between 1 and 1048576 classes; got 1099511627776'],
    ['Range', ['r', 's', 'r'], [scalar('r', 1), scalar('s', 2 ** 40)], [], 'wants at most 16777216 numbers'],
    ['Range', ['r', 's', 'r'], [scalar('r', 0), scalar('s', 1)], [], 'wants at most 16777216 numbers; got Infinity'],
  ])('%s of %j says what is wrong with it', (opType, inputs, initializer, attributes, message) => {
    const refused = () => build(file({ node: [node(opType, inputs, ['y'], attributes)], initializer }));
    expect(refused).toThrow(message);
    expect(refused).toThrow(`at node 'the ${opType}'`);
  });

  test('a recurrent layer has the usual activations', () => {
    const activations = { name: 'activations', strings: ['Sigmoid', 'Relu', 'Tanh'].map((name) => Buffer.from(name)) };
    expect(() => build(file({ node: [node('LSTM', ['x', 'x', 'x'], ['y'], [activations])] }))).toThrow(
      /^LSTM at node 'the LSTM': wants the activations Sigmoid, Tanh, Tanh; got Relu$/,
    );
  });

  test('a network has one input and one output', () => {
    const two = ['y', 'z'].map((name) => ({ ...parseModel(file({})).graph.output[0]!, name }));
    const model = readModel(file({ node: [node('Exp', ['x'], ['y']), node('Neg', ['x'], ['z'])], output: two }));
    expect(() => networkOf(model, () => true)).toThrow('a network wants a model of one output; got y, z');
  });
});
