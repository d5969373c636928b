/**
 * Closes what a stream that nobody will read holds open. A generator that has not begun yet has nothing to close what its
 * source holds: so it begins.
 */
export async function abandon(source: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of source) break;
  } catch {
    // Nobody reads it: nobody is told.
  }
}

/** What a function returns that reads a stream; where it fails, also before it reads, the stream is abandoned. */
export async function abandonedUnless<T>(source: AsyncIterable<unknown>, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    await abandon(source);
    throw error;
  }
}
