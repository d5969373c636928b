/** NumPy's Fortran order, in which the first index varies fastest: the numbers of one image lie all over the array. */

/** The places, in Fortran order, of the elements as C order has them: one after another, the last index fastest. */
function placesOf(shape: readonly number[]): () => number {
  const steps: number[] = [];
  let step = 1;
  for (const dim of shape) {
    steps.push(step);
    step *= dim;
  }
  const index = shape.map(() => 0);
  let next = 0;
  return () => {
    const place = next;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      next += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      next -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
    return place;
  };
}

const PIECE_BYTES = 65_536;

/**
 * The bytes of an array's elements in C order. All of them are in memory, so whoever calls has bounded them.
 * @param size bytes of an element
 * @returns nothing if there are fewer than the shape says; what is too much comes at the end, as it is
 */
export async function* inCOrder(
  chunks: AsyncIterable<Buffer>,
  shape: readonly number[],
  size: number,
): AsyncGenerator<Buffer, void, undefined> {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const elements = Buffer.alloc(count * size);
  let filled = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const taken = chunk.copy(elements, filled);
    filled += taken;
    rest = chunk.subarray(taken);
    if (rest.length > 0) break;
  }
  if (filled < elements.length) return;
  const place = placesOf(shape);
  for (let first = 0; first < count; ) {
    const piece = Buffer.alloc(Math.min(count - first, PIECE_BYTES) * size);
    for (let at = 0; at < piece.length; at += size, first++) {
      const from = place() * size;
      for (let i = 0; i < size; i++) piece[at + i] = elements[from + i]!;
    }
    yield piece;
  }
  yield rest;
}
