/** The beginning of a stream, and all of it. */
export interface Peeked {
  /** At least so many bytes as were asked for, if there are. */
  readonly first: readonly Uint8Array[];
  readonly whole: AsyncIterable<Uint8Array>;
}

export async function peeked(source: AsyncIterable<Uint8Array>, wanted: number): Promise<Peeked> {
  const pieces = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  for (let bytes = 0; bytes < wanted; ) {
    const { done, value } = await pieces.next();
    if (done) break;
    first.push(value);
    bytes += value.length;
  }
  return { first, whole: resumed(first, pieces) };
}

/** As they came, without copying them, and without waiting longer for each than its source does. */
function resumed(first: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  const again = first.values();
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => {
      const { done, value } = again.next();
      return done ? rest.next() : Promise.resolve({ done: false, value });
    },
    return: async () => {
      await rest.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
