/** Adapters of a process that is killed at its nth change of the store: from then on nothing it does has an effect. */
import { abandon } from '#domain/abandon.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';

const isStream = (arg: unknown): arg is AsyncIterable<unknown> =>
  typeof arg === 'object' && arg !== null && Symbol.asyncIterator in arg;

export class Killed extends Error {}

export interface Dying {
  readonly adapters: Adapters;
  /** Arms it: the change of this number, from 1, and all after it do not happen. 0: never. */
  killAt(change: number): void;
  /** Whether it was killed since it was armed. */
  readonly killed: boolean;
}

const CHANGES: ReadonlySet<string> = new Set(['put', 'update', 'delete', 'transact']);

export function dying(real: Adapters): Dying {
  let at = 0;
  let seen = 0;
  const guard = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, key) {
        const own: unknown = Reflect.get(target, key);
        if (typeof own !== 'function') return own;
        return async (...args: unknown[]) => {
          const isChange = CHANGES.has(String(key));
          const wasKilled = at > 0 && seen >= at;
          if (isChange && !wasKilled) seen += 1;
          if (at > 0 && seen >= at) {
            // What a process has open is closed when it is killed.
            for (const arg of args) if (isStream(arg)) await abandon(arg);
            throw new Killed();
          }
          return (own as (...rest: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  const blobs = Object.fromEntries(
    Object.entries(real.blobs).map(([name, bucket]) => [name, guard<Blobs>(bucket)]),
  ) as unknown as Adapters['blobs'];
  return {
    adapters: { ...real, table: guard(real.table), blobs },
    killAt(change) {
      at = change;
      seen = 0;
    },
    get killed() {
      return at > 0 && seen >= at;
    },
  };
}
