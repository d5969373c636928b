const ABORTED = Symbol('aborted');

/** What comes until a signal aborts, even if nothing comes any more by then. */
export async function* untilAborted<T>(values: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = values[Symbol.asyncIterator]();
  const { promise: aborted, resolve } = Promise.withResolvers<typeof ABORTED>();
  const abort = () => resolve(ABORTED);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    for (;;) {
      const next = await Promise.race([aborted, iterator.next()]);
      if (next === ABORTED || next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not waited for: it may be the next value that never comes.
    void iterator.return?.().catch(() => undefined);
  }
}
