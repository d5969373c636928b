import type { Builder, Operand, Value } from '../graph.ts';
import * as ops from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { tensorFrom } from '../tensor.ts';
import { normalizeAxis } from '../type.ts';
import { dtypeOf, widenedType } from './decode.ts';
import type { NodeContext, Rule, Rules } from './rule.ts';

const unary =
  (f: (b: Builder, x: Value) => Value): Rule =>
  (c) =>
    f(c.b, c.input(0));

const binary =
  (f: (b: Builder, x: Operand, y: Operand) => Value): Rule =>
  (c) =>
    f(c.b, c.input(0), c.input(1));

/** Of one operand or more. */
const variadic =
  (f: (b: Builder, x: Operand, y: Operand) => Value): Rule =>
  (c) =>
    c.inputs().reduce((x, y) => f(c.b, x, y));

type Reduce = (b: Builder, x: Value, options: ops.ReduceOptions) => Value;

const reduce =
  (f: Reduce, before?: (b: Builder, x: Value) => Value, after?: (b: Builder, x: Value) => Value): Rule =>
  (c) => {
    const axes = c.intsFrom('axes', 1);
    const x = before ? before(c.b, c.input(0)) : c.input(0);
    const nothing = axes?.length === 0 || axes === undefined;
    const [keepDims, isNoop] = [c.flag('keepdims', true), c.flag('noop_with_empty_axes')];
    if (nothing && isNoop) return x;
    const options = { keepDims, ...(nothing ? {} : { axes }) };
    const y = f(c.b, x, options);
    return after ? after(c.b, y) : y;
  };

const square = (b: Builder, x: Value) => ops.mul(b, x, x);

/** Bounds are numbers in all but exotic files; where one is computed it stays an operand. */
function clip(c: NodeContext): Value {
  const [low, high] = [c.optional(1), c.optional(2)];
  const raised = low ? ops.maximum(c.b, c.input(0), low) : c.input(0);
  return high ? ops.minimum(c.b, raised, high) : raised;
}

function gemm(c: NodeContext): Value {
  const { b, attributes } = c;
  const [alpha, beta] = [attributes.float('alpha', 1), attributes.float('beta', 1)];
  const options = { transX: c.flag('transA'), transY: c.flag('transB') };
  const bias = c.optional(2);
  const scaled = bias && beta !== 1 ? ops.mul(b, bias, beta) : bias;
  if (alpha === 1) return ops.gemm(b, c.input(0), c.input(1), scaled, options);
  const product = ops.mul(b, ops.gemm(b, c.input(0), c.input(1), undefined, options), alpha);
  return scaled ? ops.add(b, product, scaled) : product;
}

/** Classes beyond this many would be a graph of gigabytes. */
const MOST_CLASSES = 2 ** 20;

function oneHot(c: NodeContext): Value {
  const { b } = c;
  const [indices, depth, values] = [c.input(0), c.int(1), c.input(2)];
  if (depth < 1 || depth > MOST_CLASSES) throw c.error(`wants between 1 and ${MOST_CLASSES} classes; got ${depth}`);
  const rank = indices.type.shape.length;
  const axis = normalizeAxis(c.attributes.int('axis', -1), rank + 1);
  const whole = ops.cast(b, indices, 'int64');
  const fromFront = ops.where(b, ops.less(b, whole, 0), ops.add(b, whole, depth), whole);
  const hot = ops.cast(b, ops.oneHot(b, fromFront, depth, 'float32'), 'bool');
  const value = (i: number) => ops.gather(b, values, b.scalar('int64', i));
  const marked = ops.where(b, hot, value(1), value(0));
  const others = Array.from({ length: rank }, (_, i) => i);
  return ops.transpose(b, marked, others.toSpliced(axis, 0, rank));
}

/** A vector is a row on the left and a column on the right; the axis goes again after the product. */
function matMul(c: NodeContext): Value {
  const { b } = c;
  const [x, y] = [c.input(0), c.input(1)];
  const [isRow, isColumn] = [x.type.shape.length === 1, y.type.shape.length === 1];
  const product = ops.matMul(b, isRow ? ops.unsqueeze(b, x, [0]) : x, isColumn ? ops.unsqueeze(b, y, [1]) : y);
  return ops.squeeze(b, product, [...(isRow ? [-2] : []), ...(isColumn ? [-1] : [])]);
}

function argMax(c: NodeContext): Value {
  c.expectInt('select_last_index', 0);
  const x = c.input(0);
  const axis = normalizeAxis(c.attributes.int('axis', 0), x.type.shape.length);
  const found = ops.argMax(c.b, x, axis);
  return c.flag('keepdims', true) ? ops.unsqueeze(c.b, found, [axis]) : found;
}

/** The remainder of the divisor's sign; that of C (`fmod`) is not read. */
function mod(c: NodeContext): Value {
  c.expectInt('fmod', 0);
  return ops.mod(c.b, c.input(0), c.input(1));
}

function isInf(c: NodeContext): Value {
  c.expectInt('detect_negative', 1);
  c.expectInt('detect_positive', 1);
  return ops.isInf(c.b, c.input(0));
}

/** A `Constant` node, whose tensor was decoded by the caller. */
export function readConstant(c: NodeContext, decoded: Tensor | undefined): Value {
  const { attributes, b } = c;
  if (decoded) return b.constant(decoded);
  if (attributes.has('value_int')) return b.scalar('int64', attributes.int('value_int', 0));
  if (attributes.has('value_float')) return b.scalar('float32', attributes.float('value_float', 0));
  const [ints, floats] = [attributes.ints('value_ints'), attributes.floats('value_floats')];
  if (ints && ints.length > 0) return b.constant(tensorFrom('int64', [ints.length], ints));
  if (floats && floats.length > 0) return b.constant(tensorFrom('float32', [floats.length], floats));
  throw c.error('wants a value that is a tensor or numbers');
}

function gelu(c: NodeContext): Value {
  const gelus = { none: ops.gelu, tanh: ops.geluTanh };
  return gelus[c.word('approximate', ['none', 'tanh'])](c.b, c.input(0));
}

function topK(c: NodeContext): readonly Value[] {
  const { values, indices } = ops.topK(
    c.b,
    c.input(0),
    c.int(1),
    c.attributes.int('axis', -1),
    c.flag('largest', true),
  );
  return [values, indices];
}

function cumSum(c: NodeContext): Value {
  const options = { exclusive: c.flag('exclusive'), reverse: c.flag('reverse') };
  return ops.cumSum(c.b, c.input(0), c.int(1), options);
}

/** Elementwise operations, reductions, products and what selects: nothing here computes a shape. */
export const basicRules: Rules = {
  Add: binary(ops.add),
  Sub: binary(ops.sub),
  Mul: binary(ops.mul),
  Div: binary(ops.div),
  Pow: (c) => ops.pow(c.b, c.input(0), ops.cast(c.b, c.input(1), c.input(0).type.dtype)),
  Mod: mod,
  Max: variadic(ops.maximum),
  Min: variadic(ops.minimum),
  Sum: variadic(ops.add),
  Neg: unary(ops.neg),
  Abs: unary(ops.abs),
  Sign: unary(ops.sign),
  Floor: unary(ops.floor),
  Ceil: unary(ops.ceil),
  Round: unary(ops.round),
  Exp: unary(ops.exp),
  Log: unary(ops.log),
  Sqrt: unary(ops.sqrt),
  Reciprocal: unary(ops.reciprocal),
  Sin: unary(ops.sin),
  Cos: unary(ops.cos),
  Tanh: unary(ops.tanh),
  Sigmoid: unary(ops.sigmoid),
  Erf: unary(ops.erf),
  Relu: unary(ops.relu),
  Softplus: unary(ops.softplus),
  LeakyRelu: (c) => ops.leakyRelu(c.b, c.input(0), c.attributes.float('alpha', 0.01)),
  Gelu: gelu,
  Clip: clip,
  Where: (c) => ops.where(c.b, c.input(0), c.input(1), c.input(2)),
  Cast: (c) => ops.cast(c.b, c.input(0), widenedType(dtypeOf(c.attributes.int('to', 1), c.b.place))),
  Equal: binary(ops.equal),
  Greater: binary(ops.greater),
  GreaterOrEqual: binary(ops.greaterOrEqual),
  Less: binary(ops.less),
  LessOrEqual: binary(ops.lessOrEqual),
  And: binary(ops.and),
  Or: binary(ops.or),
  Xor: binary(ops.xor),
  Not: unary(ops.not),
  IsNaN: unary(ops.isNan),
  IsInf: isInf,
  ReduceSum: reduce(ops.reduceSum),
  ReduceMean: reduce(ops.reduceMean),
  ReduceMax: reduce(ops.reduceMax),
  ReduceMin: reduce(ops.reduceMin),
  ReduceLogSumExp: reduce(ops.reduceLogSumExp),
  ReduceSumSquare: reduce(ops.reduceSum, square),
  ReduceL1: reduce(ops.reduceSum, ops.abs),
  ReduceL2: reduce(ops.reduceSum, square, ops.sqrt),
  ArgMax: argMax,
  MatMul: matMul,
  Gemm: gemm,
  Einsum: (c) => ops.einsum(c.b, c.attributes.string('equation', ''), c.inputs()),
  Softmax: (c) => ops.softmax(c.b, c.input(0), c.attributes.int('axis', -1)),
  LogSoftmax: (c) => ops.logSoftmax(c.b, c.input(0), c.attributes.int('axis', -1)),
  CumSum: cumSum,
  Trilu: (c) => ops.trilu(c.b, c.input(0), { upper: c.flag('upper', true), diagonal: c.optional(1) ? c.int(1) : 0 }),
  TopK: topK,
  OneHot: oneHot,
  Identity: (c) => c.input(0),
  // Without training, which a file does not know, it passes everything on.
  Dropout: (c) => c.input(0),
};
