/**
 * What is there, or will be. Whoever gets it waits only where there is something to wait for: a small request has fifty
 * steps, and a promise for each would take longer than most of them.
 */
export type Awaitable<T> = T | Promise<T>;

/** What `next` makes of a value: at once where the value is there. It may throw at once, too. */
export const andThen = <T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> =>
  value instanceof Promise ? value.then(next) : next(value);
