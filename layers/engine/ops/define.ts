import type { Builder, Node, Operand, Value } from '../graph.ts';
import type { OnnxWriter } from '../onnx/write.ts';
import type { Maybe, NoGradient, Op } from '../op.ts';
import { filled, type Tensor, tensorFrom, toNumbers } from '../tensor.ts';
import { broadcastShapes, type DType, isFloat, isStatic, type Shape, ShapeError, sameShape, sizeOf } from '../type.ts';
import { type Domain, expectDomain, expectOneDType } from './domain.ts';
import { expandLike, unbroadcast } from './movement.ts';

/** Constants with more elements are left for the runtime to fold. */
const FOLD_LIMIT = 64;

type UnaryGradient = (b: Builder, ct: Value, x: Value, y: Value) => Value;

export interface UnaryRow {
  readonly name: string;
  readonly domain: Domain;
  /** The element type of the result. Default: that of the input. */
  readonly result?: DType;
  readonly gradient: NoGradient | UnaryGradient;
  readonly fold?: (x: number) => number;
  readonly emit?: Op<undefined>['emit'];
}

export interface Unary {
  (b: Builder, x: Value): Value;
  readonly op: Op<undefined>;
}

/** An operation on each element of one input. */
export function unary({ name, domain, result, gradient, fold, emit }: UnaryRow): Unary {
  const op: Op<undefined> = {
    name,
    infer: ([x]) => {
      expectDomain(domain, [x!]);
      return [{ dtype: result ?? x!.dtype, shape: x!.shape }];
    },
    vjp: isRule(gradient) ? (b, n, [ct]) => [gradient(b, ct!, n.inputs[0]!, n.outputs[0]!)] : gradient,
    isElementwise: true,
    ...(emit ? { emit } : {}),
    ...(fold ? { fold: ([x]) => foldFloats(([value]) => fold(value!), [x!], result) } : {}),
  };
  return Object.assign((b: Builder, x: Value) => b.apply1(op, [x], undefined), { op });
}

/** Absent if both operands are the same and the other one's gradient already covers both. */
type BinaryGradient = (b: Builder, ct: Value, x: Value, y: Value, n: Node<undefined>) => Maybe<Value>;

export interface BinaryRow {
  readonly name: string;
  readonly domain: Domain;
  readonly result?: DType;
  /**
   * The cotangent of each input, in the broadcast shape. The sum over expanded axes is taken elsewhere, in `binary`.
   */
  readonly gradient: NoGradient | readonly [BinaryGradient, BinaryGradient];
  readonly fold?: (x: number, y: number) => number;
  readonly emit?: Op<undefined>['emit'];
}

export interface Binary {
  (b: Builder, x: Operand, y: Operand): Value;
  readonly op: Op<undefined>;
}

/** An operation on each pair of elements of two inputs, which broadcast. */
export function binary({ name, domain, result, gradient, fold, emit }: BinaryRow): Binary {
  const op: Op<undefined> = {
    name,
    infer: (inputs) => {
      expectDomain(domain, inputs);
      const dtype = expectOneDType(inputs);
      return [{ dtype: result ?? dtype, shape: broadcastShapes(...inputs.map((input) => input.shape)) }];
    },
    vjp: isRule(gradient)
      ? (b, n, [ct], need) => {
          const [x, y] = n.inputs as readonly [Value, Value];
          return n.inputs.map((input, i) => {
            const flow = need[i] ? gradient[i]!(b, ct!, x, y, n) : undefined;
            return flow && unbroadcast(b, flow, input);
          });
        }
      : gradient,
    isElementwise: true,
    emit: emit ?? emitBroadcast,
    ...(fold ? { fold: (inputs) => foldFloats(([x, y]) => fold(x!, y!), inputs, result) } : {}),
  };
  return Object.assign((b: Builder, x: Operand, y: Operand) => b.apply1(op, operands(b, x, y), undefined), { op });
}

/**
 * The runtime combines a scalar and [2048, 512, 1, 1] element by element, but [1, 1, 1, 1] and [2048, 512, 1, 1] all at
 * once, ten times as fast: it only looks at the axes that both have. So an operand that is 1 in all of these axes gets
 * the remaining ones too.
 */
function emitBroadcast(w: OnnxWriter, n: Node<undefined>): void {
  const [x, y] = n.inputs as readonly [Value, Value];
  const { place } = n;
  const operand = (value: Value, other: Value) => {
    const [name, { shape }] = [w.name(value), other.type];
    if (stalls(value.type.shape, shape)) return w.step('Reshape', [name, w.ints(shape.map(() => 1))], { place });
    if (!isBesideFew(value.type.shape, shape)) return name;
    const copies = new Array<string>(Number(shape.at(-1))).fill(name);
    return w.step('Concat', copies, { attributes: { axis: { int: shape.length - 1 } }, place });
  };
  w.node(n.op.name, [operand(x, y), operand(y, x)], [w.name(n.outputs[0]!)], { place });
}

function stalls(shape: Shape, other: Shape): boolean {
  const common = other.slice(-Math.max(1, shape.length));
  const ones = (dims: Shape) => dims.every((dim) => dim === 1);
  return shape.length < other.length && ones(shape) && ones(common) && !ones(other);
}

/** A row of so few numbers takes the runtime longer than a copy of them does, if there are so many rows. */
const [FEW_COLUMNS, MANY_ROWS] = [8, 32];

/** Whether this is a column [..., rows, 1] and the other a matrix [..., rows, few], which the runtime combines row by row. */
function isBesideFew(shape: Shape, other: Shape): boolean {
  const rows = other.slice(0, -1);
  const few = other.at(-1);
  if (shape.at(-1) !== 1 || !sameShape(shape.slice(0, -1), rows) || !isStatic(rows)) return false;
  return typeof few === 'number' && few > 1 && few <= FEW_COLUMNS && sizeOf(rows) >= MANY_ROWS;
}

function operands(b: Builder, x: Operand, y: Operand): Value[] {
  const like = typeof x === 'number' ? y : x;
  if (typeof like === 'number') throw new ShapeError(`wants a value; got the numbers ${x} and ${y}`);
  const value = (operand: Operand) => (typeof operand === 'number' ? constantFor(b, operand, like) : operand);
  const [left, right] = [value(x), value(y)];
  const narrow = unstretched(left, right);
  return [narrow, unstretched(right, narrow)];
}

function constantFor(b: Builder, x: number, { type: { dtype, shape } }: Value): Value {
  return stalls([], shape)
    ? b.constant(
        filled(
          dtype,
          shape.map(() => 1),
          x,
        ),
      )
    : b.scalar(dtype, x);
}

/** The value before its expansion, if the other operand has the full shape anyway. */
function unstretched(value: Value, other: Value): Value {
  const { shape } = value.type;
  // The runtime expands a 1 to a 0 wrongly.
  if (value.node?.op !== expandLike.op || !sameShape(shape, other.type.shape) || shape.includes(0)) return value;
  return value.node.inputs[0]!;
}

function isRule<R extends object>(gradient: NoGradient | R): gradient is R {
  return !('gradient' in gradient);
}

/**
 * Applies the function to each element of small float tensors, which broadcast. Undefined if folding is not worth it.
 */
function foldFloats(f: (xs: number[]) => number, inputs: readonly Tensor[], result?: DType): Maybe<Tensor> {
  const [first] = inputs;
  if (!first || result || !isFloat(first.dtype)) return undefined;
  const shape = broadcastShapes(...inputs.map((input) => input.shape)).map(Number);
  const size = sizeOf(shape);
  if (size > FOLD_LIMIT) return undefined;
  const sources = inputs.map((input) => ({ shape: input.shape, values: toNumbers(input) }));
  const values = Array.from({ length: size }, (_, flat) =>
    f(sources.map((source) => source.values[broadcastIndex(flat, shape, source.shape)]!)),
  );
  return tensorFrom(first.dtype, shape, values);
}

/** The index in a tensor of the given shape from which element `flat` of the broadcast shape comes. */
function broadcastIndex(flat: number, broadcast: readonly number[], shape: readonly number[]): number {
  let rest = flat;
  let index = 0;
  let stride = 1;
  for (let axis = broadcast.length - 1; axis >= 0; axis--) {
    const position = rest % broadcast[axis]!;
    rest = Math.floor(rest / broadcast[axis]!);
    const dim = shape[axis - broadcast.length + shape.length] ?? 1;
    if (dim !== 1) index += position * stride;
    stride *= dim;
  }
  return index;
}
