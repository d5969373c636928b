import type { Builder, Node, Value } from '../graph.ts';
import type { OnnxWriter } from '../onnx/write.ts';
import type { Op } from '../op.ts';
import {
  broadcastShapes,
  type Dim,
  formatShape,
  isStatic,
  type Shape,
  ShapeError,
  sizeOf,
  type Type,
} from '../type.ts';
import { expectDomain, expectOneDType, floats } from './domain.ts';
import { add } from './elementwise.ts';
import { reshape, transpose, unbroadcast } from './movement.ts';

const matMulOp: Op<undefined> = {
  name: 'MatMul',
  infer: ([x, y]) => {
    expectDomain(floats, [x!, y!]);
    const dtype = expectOneDType([x!, y!]);
    if (x!.shape.length < 2 || y!.shape.length < 2)
      throw new ShapeError('wants matrices; unsqueeze a vector into a row or a column');
    const [rows, inner] = lastTwo(x!.shape);
    const [wanted, columns] = lastTwo(y!.shape);
    expectInner(inner, wanted);
    return [{ dtype, shape: [...broadcastShapes(x!.shape.slice(0, -2), y!.shape.slice(0, -2)), rows, columns] }];
  },
  vjp: (b, n, [ct], need) => {
    const [x, y] = n.inputs as readonly [Value, Value];
    // If one matrix multiplies all of x, one product over all rows replaces a product per leading index and their sum.
    if (y.type.shape.length === 2 && isStatic(x.type.shape)) {
      const count = sizeOf(x.type.shape.slice(0, -1));
      const rows = (value: Value) => reshape(b, value, [count, value.type.shape.at(-1)!]);
      return [
        need[0] ? reshape(b, gemm(b, rows(ct!), y, undefined, { transY: true }), x.type.shape) : undefined,
        need[1] ? gemm(b, rows(x), rows(ct!), undefined, { transX: true }) : undefined,
      ];
    }
    return [
      need[0] ? unbroadcast(b, product(b, ct!, y, false, true), x) : undefined,
      need[1] ? unbroadcast(b, product(b, x, ct!, true, false), y) : undefined,
    ];
  },
};

/** The matrix product [..., m, k] · [..., k, n] → [..., m, n]; leading axes broadcast. */
export const matMul = Object.assign((b: Builder, x: Value, y: Value): Value => b.apply1(matMulOp, [x, y], undefined), {
  op: matMulOp,
});

/** The matrix product with either side transposed. Two-dimensional matrices need no copy for that. */
function product(b: Builder, x: Value, y: Value, transX: boolean, transY: boolean): Value {
  if (x.type.shape.length === 2 && y.type.shape.length === 2) return gemm(b, x, y, undefined, { transX, transY });
  return matMul(b, transX ? transpose(b, x) : x, transY ? transpose(b, y) : y);
}

interface GemmAttrs {
  readonly transX: boolean;
  readonly transY: boolean;
}

const gemmOp: Op<GemmAttrs> = {
  name: 'Gemm',
  infer: ([x, y, c], { transX, transY }) => {
    const inputs = c ? [x!, y!, c] : [x!, y!];
    expectDomain(floats, inputs);
    const dtype = expectOneDType(inputs);
    const [rows, inner] = matrix(x!, transX);
    const [wanted, columns] = matrix(y!, transY);
    expectInner(inner, wanted);
    const shape = [rows, columns];
    if (c && broadcastShapes(c.shape, shape).join() !== shape.join())
      throw new ShapeError(`wants a bias that broadcasts to ${formatShape(shape)}; got ${formatShape(c.shape)}`);
    return [{ dtype, shape }];
  },
  /*
   *  with X' = X or Xᵀ, Y' = Y or Yᵀ, and Z = X' Y':   dX' = dZ Y'ᵀ,  dY' = X'ᵀ dZ;
   *  a transposed input gets the transpose of that, which is again a product of the two.
   */
  vjp: (b, n, [dz], need) => {
    const [x, y, c] = n.inputs as readonly [Value, Value, Value?];
    const { transX, transY } = n.attrs;
    const dx = () => (transX ? product(b, y, dz!, transY, true) : product(b, dz!, y, false, !transY));
    const dy = () => (transY ? product(b, dz!, x, true, transX) : product(b, x, dz!, !transX, false));
    return [need[0] ? dx() : undefined, need[1] ? dy() : undefined, need[2] ? unbroadcast(b, dz!, c!) : undefined];
  },
  emit: (w, n) =>
    isBetterTurned(n)
      ? emitTransposed(w, n)
      : w.same(n, 'Gemm', { transA: { int: n.attrs.transX ? 1 : 0 }, transB: { int: n.attrs.transY ? 1 : 0 } }),
};

/** With so many rows or more, a transposed copy is 5 to 25 % faster than Gemm's own transA. */
const TALL = 512;
/** With fewer columns, a result takes twice as long as its transpose: the kernel computes so many columns at once. */
const NARROW = 16;

/** Whether this is Xᵀ · Z over many rows, as in the gradient of a weight, or with few columns, as in that of an output's. */
function isBetterTurned({ inputs, attrs: { transX, transY } }: Node<GemmAttrs>): boolean {
  const [rows, wide] = inputs[0]!.type.shape;
  const narrow = inputs[1]!.type.shape[1];
  if (inputs.length !== 2 || !transX || transY || typeof rows !== 'number') return false;
  return rows >= TALL || (Number(narrow) < NARROW && Number(wide) >= NARROW);
}

/** Copies the narrower side: Xᵀ · Z, or (Zᵀ · X)ᵀ. */
function emitTransposed(w: OnnxWriter, n: Node<GemmAttrs>): void {
  const [x, z] = n.inputs as readonly [Value, Value];
  const { place } = n;
  const columns = (value: Value) => Number(value.type.shape[1]);
  const [left, right] = columns(x) <= columns(z) ? [x, z] : [z, x];
  // Uses three axes, because the runtime would fuse a transposition of two back into transA.
  const unsqueezed = w.step('Unsqueeze', [w.name(left), w.ints([0])], { place });
  const turned = w.step('Transpose', [unsqueezed], { attributes: { perm: { ints: [2, 0, 1] } }, place });
  const rows = w.ints([columns(left), Number(left.type.shape[0])]);
  const matrices = [w.step('Reshape', [turned, rows], { place }), w.name(right)];
  const output = w.name(n.outputs[0]!);
  if (left === x) w.node('MatMul', matrices, [output], { place });
  else w.node('Transpose', [w.step('MatMul', matrices, { place })], [output], { place });
}

/** X · Y + c for matrices, each of which can be transposed first. c is optional and broadcasts. */
export const gemm = Object.assign(
  (b: Builder, x: Value, y: Value, c?: Value, options: Partial<GemmAttrs> = {}): Value =>
    b.apply1(gemmOp, c ? [x, y, c] : [x, y], { transX: false, transY: false, ...options }),
  { op: gemmOp },
);

/** x · w + bias over the last axis: [..., in] · [in, out] + [out] → [..., out]. */
export function linear(b: Builder, x: Value, w: Value, bias?: Value): Value {
  if (x.type.shape.length === 2) return gemm(b, x, w, bias);
  const y = matMul(b, x, w);
  return bias ? add(b, y, bias) : y;
}

function lastTwo(shape: Shape): readonly [Dim, Dim] {
  return [shape.at(-2)!, shape.at(-1)!];
}

function matrix({ shape }: Type, transposed: boolean): readonly [Dim, Dim] {
  if (shape.length !== 2) throw new ShapeError(`wants matrices; got ${formatShape(shape)}`);
  const [rows, columns] = lastTwo(shape);
  return transposed ? [columns, rows] : [rows, columns];
}

function expectInner(got: Dim, wanted: Dim): void {
  if (got !== wanted) throw new ShapeError(`inner dimensions must agree; got ${got} and ${wanted}`);
}
