import { types } from 'node:util';

/**
 * What is there, or will be. Whoever gets it waits only where there is something to wait for: a small request has fifty
 * steps, and a promise for each would take longer than most of them.
 */
export type Awaitable<T> = T | Promise<T>;

/** Also one of another context, in which tests run: it is no `instanceof Promise` there. */
export const isPromise = <T>(value: Awaitable<T>): value is Promise<T> => types.isPromise(value);

/** What `next` makes of a value: at once where the value is there. It may throw at once, too. */
export const andThen = <T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> =>
  isPromise(value) ? value.then(next) : next(value);
