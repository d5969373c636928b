import type { Builder, Value } from '../graph.ts';
import { type Dim, formatShape, isStatic, ShapeError } from '../type.ts';
import { mul } from './elementwise.ts';
import { matMul } from './linalg.ts';
import { reshape, transpose, unsqueeze } from './movement.ts';
import { reduceSum } from './reduce.ts';

/** A value whose axes have letters. */
interface Lettered {
  readonly value: Value;
  readonly letters: readonly string[];
}

/**
 * Einstein summation, `'bij,bjk->bik'`: one letter an axis; letters that the result lacks are summed over. Operands are
 * contracted from left to right, each step as one matrix product where something is summed.
 * @throws ShapeError if the equation does not fit the operands, repeats a letter within one, or has an ellipsis
 */
export function einsum(b: Builder, equation: string, operands: readonly Value[]): Value {
  const [left = '', result] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (terms.length !== operands.length || !/^[A-Za-z,]*$/.test(left))
    throw new ShapeError(`einsum '${equation}' wants one group of letters for each of ${operands.length} operands`);
  const inputs = terms.map((term, i) => lettered(equation, term, operands[i]!));
  expectSizes(equation, inputs);
  const out = [...(result ?? implicitResult(terms))];
  const [odd] = out.filter((letter, i) => !left.includes(letter) || out.indexOf(letter) !== i);
  if (odd) throw new ShapeError(`einsum '${equation}' wants '${odd}' once in the result and in an operand`);
  const product = inputs.reduce((before, next, i) => {
    const later = new Set([...out, ...inputs.slice(i + 1).flatMap(({ letters }) => letters)]);
    return contract(b, before, next, later);
  });
  const only = sumOver(b, product, (letter) => !out.includes(letter));
  return transpose(
    b,
    only.value,
    out.map((letter) => only.letters.indexOf(letter)),
  );
}

function lettered(equation: string, term: string, value: Value): Lettered {
  const letters = [...term];
  if (letters.length !== value.type.shape.length || new Set(letters).size !== letters.length)
    throw new ShapeError(
      `einsum '${equation}' wants one different letter for each axis of ${formatShape(value.type.shape)}; got '${term}'`,
    );
  return { value, letters };
}

function expectSizes(equation: string, inputs: readonly Lettered[]): void {
  const sizes = new Map<string, Dim>();
  for (const { value, letters } of inputs)
    for (const [axis, letter] of letters.entries()) {
      const dim = value.type.shape[axis]!;
      const known = sizes.get(letter) ?? dim;
      if (known !== dim)
        throw new ShapeError(`einsum '${equation}' wants one size for '${letter}'; got ${known} and ${dim}`);
      sizes.set(letter, dim);
    }
}

/** Letters that occur once, in the order of the alphabet, as NumPy has it. */
function implicitResult(terms: readonly string[]): string {
  const all = terms.join('');
  return [...new Set(all)]
    .filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter))
    .sort()
    .join('');
}

function sumOver(b: Builder, { value, letters }: Lettered, gone: (letter: string) => boolean): Lettered {
  const axes = letters.flatMap((letter, axis) => (gone(letter) ? [axis] : []));
  return { value: reduceSum(b, value, { axes }), letters: letters.filter((letter) => !gone(letter)) };
}

/*
 *  batch: in both and needed later; summed: in both and not; rows: x's own; columns: y's own.
 *  x as [batch..., rows, summed] · y as [batch..., summed, columns]
 */
function contract(b: Builder, first: Lettered, second: Lettered, later: ReadonlySet<string>): Lettered {
  const x = sumOver(b, first, (letter) => !later.has(letter) && !second.letters.includes(letter));
  const y = sumOver(b, second, (letter) => !later.has(letter) && !first.letters.includes(letter));
  const both = x.letters.filter((letter) => y.letters.includes(letter));
  const [batch, summed] = [both.filter((letter) => later.has(letter)), both.filter((letter) => !later.has(letter))];
  const rows = x.letters.filter((letter) => !both.includes(letter));
  const columns = y.letters.filter((letter) => !both.includes(letter));
  const letters = [...batch, ...rows, ...columns];
  const dims = ({ value, letters }: Lettered, some: readonly string[]) =>
    some.map((letter) => value.type.shape[letters.indexOf(letter)]!);
  const summedDims = dims(x, summed);
  if (summed.length === 0 || !canJoin(summedDims)) {
    const all = [...letters, ...summed];
    const value = mul(b, spread(b, x, all), spread(b, y, all));
    return sumOver(b, { value, letters: all }, (letter) => summed.includes(letter));
  }
  const [batchDims, rowDims, columnDims, inner] = [dims(x, batch), dims(x, rows), dims(y, columns), flat(summedDims)];
  if (!canJoin(columnDims) && canJoin(rowDims)) return contract(b, second, first, later);
  const [p, q] = [ordered(b, x, [...batch, ...rows, ...summed]), ordered(b, y, [...batch, ...summed, ...columns])];
  // Rows that cannot be one axis stay several, of which all but the last are a batch that the right side stretches to.
  const left = canJoin(rowDims) ? [flat(rowDims)] : rowDims;
  const right = reshape(b, q, [...batchDims, inner, flat(columnDims)]);
  const product = matMul(
    b,
    reshape(b, p, [...batchDims, ...left, inner]),
    unsqueeze(
      b,
      right,
      left.slice(1).map((_, i) => batch.length + i),
    ),
  );
  return { value: reshape(b, product, [...batchDims, ...rowDims, ...columnDims]), letters };
}

/** Whether axes can be one: a symbolic one can only stand alone or beside axes of size 1. */
function canJoin(dims: readonly Dim[]): boolean {
  return isStatic(dims) || dims.filter((dim) => dim !== 1).length === 1;
}

/** Several axes as one. */
function flat(dims: readonly Dim[]): Dim {
  return dims.reduce((size, dim) => {
    if (dim === 1) return size;
    if (size === 1) return dim;
    if (typeof dim === 'number' && typeof size === 'number') return size * dim;
    throw new ShapeError(`einsum cannot join the axes ${formatShape(dims)}, of which one is symbolic`);
  }, 1 as Dim);
}

function ordered(b: Builder, { value, letters }: Lettered, order: readonly string[]): Value {
  return transpose(
    b,
    value,
    order.map((letter) => letters.indexOf(letter)),
  );
}

/** The value with an axis for every letter, of size 1 where it has none. */
function spread(b: Builder, x: Lettered, letters: readonly string[]): Value {
  const own = letters.filter((letter) => x.letters.includes(letter));
  const missing = letters.flatMap((letter, axis) => (own.includes(letter) ? [] : [axis]));
  return unsqueeze(b, ordered(b, x, own), missing);
}
