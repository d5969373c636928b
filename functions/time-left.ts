/** Aborts after so long, and at once where no time is left: a timer of 0 ms may lose a race against short work. */
export const timeLeft = (milliseconds: number): AbortSignal =>
  milliseconds > 0
    ? AbortSignal.timeout(milliseconds)
    : AbortSignal.abort(new DOMException('there is no time left', 'TimeoutError'));
