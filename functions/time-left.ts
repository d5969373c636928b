/**
 * Aborts after so long, and at once where no time is left: a timer of 0 ms may lose a race against short work. Parts of a
 * millisecond do not count; `AbortSignal.timeout` throws for them.
 */
export const timeLeft = (milliseconds: number): AbortSignal =>
  milliseconds >= 1
    ? AbortSignal.timeout(Math.floor(milliseconds))
    : AbortSignal.abort(new DOMException('there is no time left', 'TimeoutError'));
