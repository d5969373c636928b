import { describe, expect, test } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import { type AttributeProto, attributeType, type GraphProto, type TensorProto } from '#engine/onnx/proto.ts';
import { readModel } from '#engine/onnx/read.ts';
import { basicRules } from '#engine/onnx/rules-basic.ts';
import { controlRules } from '#engine/onnx/rules-control.ts';
import { layerRules } from '#engine/onnx/rules-layer.ts';
import { shapeRules } from '#engine/onnx/rules-shape.ts';
import { type Attribute, writeModel } from '#engine/onnx/write.ts';
import type { Shape, Type } from '#engine/type.ts';
import { attributesOf, file, node } from './files.ts';

/** One node of an operator, by the format's own definition of it at opset 21. */
interface Sample {
  /** Values that are computed, or integers that the file has. */
  readonly inputs: readonly (Type | TensorProto)[];
  /** Attributes that it must have. */
  readonly wanted?: Readonly<Record<string, Attribute>>;
  /** Attributes that it has anyway, with what they then are. */
  readonly defaults?: Readonly<Record<string, Attribute>>;
}

const float = (...shape: Shape): Type => ({ dtype: 'float32', shape });
const bool = (...shape: Shape): Type => ({ dtype: 'bool', shape });
const int64 = (...shape: Shape): Type => ({ dtype: 'int64', shape });
const ints = (...values: number[]): TensorProto => ({ dims: [values.length], dataType: 7, int64Data: values });
const whole = (value: number): TensorProto => ({ dims: [], dataType: 7, int64Data: [value] });

const one: Sample = { inputs: [float(2, 3)] };
const two: Sample = { inputs: [float(2, 3), float(2, 3)] };
const truths: Sample = { inputs: [bool(2), bool(2)] };
const reduction: Sample = {
  inputs: [float(2, 3), ints(1)],
  defaults: { keepdims: { int: 1 }, noop_with_empty_axes: { int: 0 } },
};
const all = (sample: Sample, ...names: string[]) => Object.fromEntries(names.map((name) => [name, sample]));

const weights = (gates: number): readonly Type[] => [float(5, 2, 3), float(1, gates * 4, 3), float(1, gates * 4, 4)];
const recurrent = {
  layout: { int: 0 },
  direction: { string: 'forward' },
  activation_alpha: { floats: [0.5] },
  activation_beta: { floats: [0.5] },
};
const windows = {
  auto_pad: { string: 'NOTSET' },
  dilations: { ints: [1] },
  pads: { ints: [0, 0] },
  strides: { ints: [1] },
};

/** Inner graphs, whose names are those of the samples' inputs or their own. */
const inner = (input: string, reads: string, opType: string): GraphProto => {
  const io = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }] } } } });
  const made = [node(opType, [reads], ['inner'])];
  return { name: 'inner', node: made, initializer: [], input: input === '' ? [] : [io(input)], output: [io('inner')] };
};

const samples: Readonly<Record<string, Sample>> = {
  ...all(one, 'Neg', 'Abs', 'Sign', 'Floor', 'Ceil', 'Round', 'Exp', 'Log', 'Sqrt', 'Reciprocal', 'Sin', 'Cos', 'Tanh'),
  ...all(one, 'Sigmoid', 'Erf', 'Relu', 'Softplus', 'IsNaN', 'Identity', 'Clip'),
  ...all({ inputs: [float(2, 3, 4)] }, 'GlobalAveragePool', 'GlobalMaxPool'),
  ...all(two, 'Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum'),
  ...all(two, 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'),
  ...all(truths, 'And', 'Or', 'Xor'),
  ...all(reduction, 'ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceLogSumExp', 'ReduceSumSquare'),
  ...all(reduction, 'ReduceL1', 'ReduceL2'),
  Not: { inputs: [bool(2)] },
  Where: { inputs: [bool(2), float(2), float(2)] },
  Mod: { inputs: [int64(2), int64(2)], defaults: { fmod: { int: 0 } } },
  LeakyRelu: { ...one, defaults: { alpha: { float: 0.01 } } },
  Gelu: { ...one, defaults: { approximate: { string: 'none' } } },
  Cast: { ...one, wanted: { to: { int: 7 } }, defaults: { saturate: { int: 1 } } },
  IsInf: { ...one, defaults: { detect_negative: { int: 1 }, detect_positive: { int: 1 } } },
  ArgMax: { ...one, defaults: { axis: { int: 0 }, keepdims: { int: 1 }, select_last_index: { int: 0 } } },
  MatMul: { inputs: [float(2, 3), float(3, 4)] },
  Gemm: {
    inputs: [float(2, 3), float(3, 4), float(4)],
    defaults: { alpha: { float: 1 }, beta: { float: 1 }, transA: { int: 0 }, transB: { int: 0 } },
  },
  Einsum: { inputs: [float(2, 3), float(3, 4)], wanted: { equation: { string: 'ij,jk->ik' } } },
  ...all({ ...one, defaults: { axis: { int: -1 } } }, 'Softmax', 'LogSoftmax'),
  CumSum: { inputs: [float(2, 3), whole(1)], defaults: { exclusive: { int: 0 }, reverse: { int: 0 } } },
  Trilu: { ...one, defaults: { upper: { int: 1 } } },
  TopK: {
    inputs: [float(2, 3), ints(2)],
    defaults: { axis: { int: -1 }, largest: { int: 1 }, sorted: { int: 1 } },
  },
  OneHot: { inputs: [int64(2), whole(3), float(2)], defaults: { axis: { int: -1 } } },
  Dropout: { ...one, defaults: { seed: { int: 7 } } },
  Constant: { inputs: [], wanted: { value_floats: { floats: [1, 2] } } },
  ConstantOfShape: { inputs: [ints(2, 3)] },
  Shape: { ...one, defaults: { start: { int: 0 }, end: { int: 2 } } },
  Range: { inputs: [whole(0), whole(3), whole(1)] },
  Reshape: { inputs: [float(2, 3), ints(3, 2)], defaults: { allowzero: { int: 0 } } },
  Flatten: { inputs: [float(2, 3, 4)], defaults: { axis: { int: 1 } } },
  Transpose: { ...one, defaults: { perm: { ints: [1, 0] } } },
  Expand: { inputs: [float(3), ints(2, 3)] },
  Squeeze: { inputs: [float(2, 1), ints(1)] },
  Unsqueeze: { inputs: [float(2), ints(1)] },
  Concat: { ...two, wanted: { axis: { int: 1 } } },
  Split: { inputs: [float(2, 3)], defaults: { axis: { int: 0 }, num_outputs: { int: 1 } } },
  Slice: { inputs: [float(2, 3), ints(0), ints(1)] },
  Pad: { inputs: [float(3), ints(1, 1)], defaults: { mode: { string: 'constant' } } },
  Tile: { inputs: [float(3), ints(2)] },
  Gather: { inputs: [float(2, 3), int64(2)], defaults: { axis: { int: 0 } } },
  GatherElements: { inputs: [float(2, 3), int64(2, 3)], defaults: { axis: { int: 0 } } },
  GatherND: { inputs: [float(2, 3), int64(2, 1)], defaults: { batch_dims: { int: 0 } } },
  ScatterND: {
    inputs: [float(2, 3), int64(2, 1), float(2, 3)],
    defaults: { reduction: { string: 'none' } },
  },
  ScatterElements: {
    inputs: [float(2, 3), int64(2, 3), float(2, 3)],
    defaults: { axis: { int: 0 }, reduction: { string: 'none' } },
  },
  Conv: {
    inputs: [float(2, 3, 8), float(4, 3, 2)],
    defaults: { ...windows, kernel_shape: { ints: [2] }, group: { int: 1 } },
  },
  ConvTranspose: {
    inputs: [float(2, 3, 8), float(3, 4, 2)],
    defaults: { ...windows, kernel_shape: { ints: [2] }, group: { int: 1 }, output_padding: { ints: [0] } },
  },
  MaxPool: {
    inputs: [float(2, 3, 8)],
    wanted: { kernel_shape: { ints: [2] } },
    defaults: { ...windows, ceil_mode: { int: 0 }, storage_order: { int: 0 } },
  },
  AveragePool: {
    inputs: [float(2, 3, 8)],
    wanted: { kernel_shape: { ints: [2] } },
    defaults: { ...windows, ceil_mode: { int: 0 }, count_include_pad: { int: 0 } },
  },
  BatchNormalization: {
    inputs: [float(2, 3, 4), float(3), float(3), float(3), float(3)],
    defaults: { epsilon: { float: 1e-5 }, momentum: { float: 0.9 }, training_mode: { int: 0 } },
  },
  LayerNormalization: {
    inputs: [float(2, 3), float(3), float(3)],
    defaults: { axis: { int: -1 }, epsilon: { float: 1e-5 }, stash_type: { int: 1 } },
  },
  InstanceNormalization: {
    inputs: [float(2, 3, 4), float(3), float(3)],
    defaults: { epsilon: { float: 1e-5 } },
  },
  GroupNormalization: {
    inputs: [float(2, 4, 3), float(4), float(4)],
    wanted: { num_groups: { int: 2 } },
    defaults: { epsilon: { float: 1e-5 }, stash_type: { int: 1 } },
  },
  LSTM: {
    inputs: weights(4),
    wanted: { hidden_size: { int: 4 } },
    defaults: { ...recurrent, input_forget: { int: 0 }, activations: { strings: ['Sigmoid', 'Tanh', 'Tanh'] } },
  },
  GRU: {
    inputs: weights(3),
    wanted: { hidden_size: { int: 4 } },
    defaults: { ...recurrent, linear_before_reset: { int: 0 }, activations: { strings: ['Sigmoid', 'Tanh'] } },
  },
  If: {
    inputs: [bool(), float(2)],
    wanted: { then_branch: { graph: inner('', 'in.1', 'Exp') }, else_branch: { graph: inner('', 'in.1', 'Neg') } },
  },
  Scan: {
    inputs: [float(5, 2)],
    wanted: { body: { graph: inner('slice', 'slice', 'Exp') }, num_scan_inputs: { int: 1 } },
    defaults: {
      scan_input_axes: { ints: [0] },
      scan_input_directions: { ints: [0] },
      scan_output_axes: { ints: [0] },
      scan_output_directions: { ints: [0] },
    },
  },
};

/** What the sample's node is read as, written again. */
function read(opType: string, { inputs, wanted }: Sample, more: readonly AttributeProto[] = [], opset = 21): string {
  const names = inputs.map((_, i) => `in.${i}`);
  const initializer = inputs.flatMap((input, i) => ('dims' in input ? [{ ...input, name: names[i]! }] : []));
  const attributes = [...attributesOf(wanted ?? {}), ...more];
  const reads = opType === 'If' ? names.slice(0, 1) : names;
  const b = new Builder();
  const values = Object.fromEntries(
    inputs.flatMap((input, i) => ('dtype' in input ? [[names[i]!, b.input(names[i]!, input.dtype, input.shape)]] : [])),
  );
  const bytes = file({ node: [node(opType, reads, ['y'], attributes)], initializer }, opset);
  const { y } = readModel(bytes).build(b, values, {});
  return Buffer.from(writeModel(new Graph('g', Object.values(values), { y: y! }), { producer: 'test' })).toString(
    'hex',
  );
}

const unheard: readonly (readonly [shown: string, value: Omit<AttributeProto, 'name'>])[] = [
  ['5', { type: attributeType.int, i: 5 }],
  ['0.5', { type: attributeType.float, f: 0.5 }],
  ["'all'", { type: attributeType.string, s: Buffer.from('all') }],
  ['[1, 2]', { type: attributeType.ints, ints: [1, 2] }],
  ['[0.5]', { type: attributeType.floats, floats: [0.5] }],
  ['[all, none]', { type: attributeType.strings, strings: [Buffer.from('all'), Buffer.from('none')] }],
  ['a tensor [1]', { type: attributeType.tensor, t: ints(1) }],
  ['a graph', { type: attributeType.graph, g: inner('', 'in.0', 'Exp') }],
];

const operators = [basicRules, shapeRules, layerRules, controlRules].flatMap(Object.keys);

describe.each([...operators, 'Constant', 'ConstantOfShape'])('of %s', (opType) => {
  const sample = samples[opType]!;

  test('every attribute of the format may be spelled out, and says what it says when it is left out', () => {
    const bare = read(opType, sample);
    for (const [name, value] of Object.entries(sample.defaults ?? {}))
      expect([name, read(opType, sample, attributesOf({ [name]: value }))]).toEqual([name, bare]);
  });

  test('one that the format has not is refused, whatever its type', () => {
    for (const [shown, value] of unheard)
      expect(() => read(opType, sample, [{ name: 'unheard', ...value }])).toThrow(
        `${opType} at node 'the ${opType}': does not read the attribute unheard, which is ${shown}`,
      );
  });
});

describe('an attribute is not passed over', () => {
  test.each<[opType: string, attributes: Readonly<Record<string, Attribute>>, message: string]>([
    ['ReduceMean', { keepdims: { int: 2 } }, 'wants keepdims of 0 or 1; got 2'],
    ['Gelu', { approximate: { string: 'sigmoid' } }, 'wants approximate of none or tanh; got sigmoid'],
    ['Pad', { mode: { string: 'wrap' } }, 'wants mode of constant or reflect or edge; got wrap'],
    ['ScatterND', { reduction: { string: 'mul' } }, 'wants reduction of none or add; got mul'],
    ['GatherND', { batch_dims: { int: 1 } }, 'wants batch_dims of 0; got 1'],
    ['LayerNormalization', { stash_type: { int: 10 } }, 'wants stash_type of 1; got 10'],
    ['GroupNormalization', { stash_type: { int: 10 } }, 'wants stash_type of 1; got 10'],
    [
      'Conv',
      { auto_pad: { string: 'SAME' } },
      'wants auto_pad of NOTSET or SAME_UPPER or SAME_LOWER or VALID; got SAME',
    ],
    [
      'Conv',
      { auto_pad: { string: 'SAME_UPPER' }, pads: { ints: [1, 0] } },
      'wants pads or auto_pad; got [1,0] and SAME_UPPER',
    ],
    ['Conv', { kernel_shape: { ints: [3] } }, "wants kernel_shape of [2], its weights'; got [3]"],
    ['Conv', { ceil_mode: { int: 1 } }, 'does not read the attribute ceil_mode, which is 1'],
    ['ConvTranspose', { output_shape: { ints: [9] } }, 'wants its pads spelled out, not output_shape or auto_pad'],
    ['Unsqueeze', { axes: { ints: [1] } }, 'does not read the attribute axes, which is [1]'],
    ['Constant', { value_int: { int: 1 } }, 'does not read the attribute value_floats, which is [1, 2]'],
  ])('%s with %j', (opType, attributes, message) => {
    expect(() => read(opType, samples[opType]!, attributesOf(attributes))).toThrow(message);
  });

  test('whose type is another than the format has', () => {
    expect(() => read('Softmax', samples.Softmax!, attributesOf({ axis: { float: 1 } }))).toThrow(
      "Softmax at node 'the Softmax': cannot be read: axis must be of type int; got 1",
    );
    const untyped = attributesOf({ axis: { int: 0 } }).map((attribute) => ({ ...attribute, type: 0 }));
    expect(read('Softmax', samples.Softmax!, untyped)).toBe(
      read('Softmax', samples.Softmax!, attributesOf({ axis: { int: 0 } })),
    );
  });

  test('where the result is known beforehand', () => {
    const list = ints(4, 5, 6);
    const of = (opType: string, inputs: Sample['inputs'], attributes: Readonly<Record<string, Attribute>>) =>
      read(opType, { inputs }, attributesOf(attributes));
    for (const axis of [0, -1]) {
      expect(of('Gather', [list, ints(1)], { axis: { int: axis } })).toBe(of('Gather', [list, ints(1)], {}));
      expect(() => of('Concat', [list, list], { axis: { int: axis } })).not.toThrow();
    }
    expect(() => of('Gather', [list, ints(1)], { axis: { int: 1 } })).toThrow('axis must be between -1 and 0; got 1');
    expect(() => of('Concat', [list, list], { axis: { int: 1 } })).toThrow('axis must be between -1 and 0; got 1');
    expect(() => of('Reshape', [list, ints(3)], { allowzero: { int: 1 } })).not.toThrow();
    expect(() => of('Mod', [list, list], { fmod: { int: 1 } })).toThrow('wants fmod of 0; got 1');
  });

  test('axes are one of a reduction until opset 18', () => {
    const before = read('ReduceMean', { inputs: [float(2, 3)] }, attributesOf({ axes: { ints: [1] } }), 13);
    expect(before).toBe(read('ReduceMean', { inputs: [float(2, 3), ints(1)] }).replaceAll('in.1', 'in.0'));
  });
});
