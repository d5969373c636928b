/** Rows of batches that are in order already: parts of the data, of which nothing is copied. */
import type { Tensor, Tensors } from '../tensor.ts';
import { ShapeError, sizeOf } from '../type.ts';

/**
 * The rows of batches that follow each other in the data, as [steps, batchSize, …]. Behind the rows of a shorter last batch, the
 * data must have others, which do not count.
 * @throws ShapeError if a batch has other rows, or there are too few behind the last one
 */
export function rowsInOrder(data: Tensors, batches: readonly ArrayLike<number>[], batchSize: number): Tensors {
  const first = batches[0]?.[0] ?? 0;
  for (const [step, batch] of batches.entries()) expectInOrder(step, batch, first + step * batchSize);
  const end = first + batches.length * batchSize;
  const entries = Object.entries(data).map(([name, rows]): [string, Tensor] => {
    const [count = 0, ...row] = rows.shape;
    if (end > count) throw new ShapeError(`'${name}' wants rows for whole batches, ${end}; got ${count}`);
    const size = sizeOf(row);
    return [name, part(rows, [batches.length, batchSize, ...row], first * size, end * size)];
  });
  return Object.fromEntries(entries);
}

function expectInOrder(step: number, batch: ArrayLike<number>, from: number): void {
  for (let i = 0; i < batch.length; i++) {
    if (batch[i] !== from + i) throw new ShapeError(`batch ${step} wants row ${from + i} next; got ${batch[i]}`);
  }
}

function part(t: Tensor, shape: readonly number[], from: number, to: number): Tensor {
  if (t.dtype === 'string') return { ...t, shape, data: t.data.slice(from, to) };
  return { ...t, shape, data: t.data.subarray(from, to) } as Tensor;
}
