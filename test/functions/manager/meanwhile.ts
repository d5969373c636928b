/** What others do in the middle of a request: once, before a file of a model is read or written. */
import type { Blobs } from '#domain/ports/blobs/port.ts';

type Happens = () => Promise<unknown>;

export class Meanwhile {
  readonly #operation: 'get' | 'put';
  #happens: Happens | undefined;

  constructor(operation: 'get' | 'put') {
    this.#operation = operation;
  }

  /** For the next time only. */
  set before(happens: Happens) {
    this.#happens = happens;
  }

  /** Adapters whose bucket of models lets it happen. */
  in<A extends { readonly blobs: { readonly artifacts: Blobs } }>(adapters: A): A {
    const artifacts = new Proxy<Blobs>(adapters.blobs.artifacts, {
      get: (target, name) => {
        const own: unknown = Reflect.get(target, name);
        if (typeof own !== 'function') return own;
        return async (...args: unknown[]) => {
          const happens = name === this.#operation ? this.#happens : undefined;
          if (happens) this.#happens = undefined;
          await happens?.();
          return own.apply(target, args);
        };
      },
    });
    return { ...adapters, blobs: { ...adapters.blobs, artifacts } };
  }
}
