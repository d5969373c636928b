/** Pages that are too large for an answer: a function's has at most 6 MB. */
import { ValidationError } from '#domain/errors.ts';

/** What a page may have, with room for the rest. */
const MOST_BYTES = 4_000_000;

/**
 * Throws `ValidationError` of `limit`, with one that fits, where the items of a page do not fit into an answer.
 * @param what they are, in the plural
 */
export function expectFits(items: readonly unknown[], what: string): void {
  const sizes = items.map((item) => Buffer.byteLength(JSON.stringify(item)));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes <= MOST_BYTES) return;
  const fit = Math.floor(MOST_BYTES / Math.max(...sizes));
  throw ValidationError.of(
    'limit',
    `must be smaller here, such as ${fit}: these ${items.length} ${what} have ${bytes} bytes, and an answer carries ${MOST_BYTES}`,
  );
}
