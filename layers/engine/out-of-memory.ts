/** How ONNX Runtime on the CPU and on CUDA, C++ and V8 say that there is no more memory. */
const SIGNS =
  /failed to allocate memory|out of memory|bad_?alloc|bad allocation|array buffer allocation failed|invalid typed array length/i;

/** Nodes that were running, where the runtime tells: a loop, then what is in it. */
const NODE = /while running (\w+) node\. Name:'([^']*)'/g;

/** There is not enough memory; the message names the place and says what takes less. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

const ADVICE =
  'try a smaller batch_size, the batch in parts (accumulation), recomputed activations, or a smaller network';

/**
 * What a call gives; where it fails for want of memory, `OutOfMemoryError` in place of the runtime's own error.
 * @param doing what the memory is wanted for, as in "out of memory while …"
 */
export async function withinMemory<T>(doing: () => string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translated(doing, error);
  }
}

/** As `withinMemory`, of what is done at once. */
export function withinMemoryNow<T>(doing: () => string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw translated(doing, error);
  }
}

function translated(doing: () => string, error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (!SIGNS.test(message)) return error;
  const [, op, name] = [...message.matchAll(NODE)].at(-1) ?? [];
  const place = name === undefined ? '' : `, at ${name} (${op})`;
  return new OutOfMemoryError(
    `out of memory while ${doing()}${place}: ${ADVICE}; the runtime says: ${message.trim()}`,
    { cause: error },
  );
}
