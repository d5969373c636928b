/** The beginning of a stream, and all of it. */
export interface Peeked {
  /** At least so many bytes as were asked for, if there are. */
  readonly first: readonly Uint8Array[];
  /** The pieces as they come, without copying them. */
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

async function* resumed(first: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
