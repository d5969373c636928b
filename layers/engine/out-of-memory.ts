/** How ONNX Runtime (on the CPU and on CUDA), C++ and V8 report that memory ran out. */
const SIGNS =
  /failed to allocate memory|out of memory|bad_?alloc|bad allocation|array buffer allocation failed|invalid typed array length/i;

/** The nodes that were running, if the runtime names them: a loop, then the nodes inside it. */
const NODE = /while running (\w+) node\. Name:'([^']*)'/g;

/** Memory ran out. The message names the place and suggests what takes less memory. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

const ADVICE =
  'try a smaller batch_size, the batch in parts (accumulation), recomputed activations, or a smaller network';

/**
 * Returns the result of a call. If the call runs out of memory, throws `OutOfMemoryError` instead of the runtime's
 * error.
 * @param doing what needs the memory; it completes "out of memory while …"
 */
export async function withinMemory<T>(doing: () => string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translated(doing, error);
  }
}

/** Like `withinMemory`, for a synchronous call. */
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
