import { addressBucket } from '#domain/client-address.ts';

/** Which limit is exceeded. */
export type ConcurrencyScope = 'address' | 'total';

/** Limits how many of something there are at once: per address, and in total. */
export class ConcurrencyLimit {
  readonly #perAddress: number;
  readonly #total: number;
  readonly #counts = new Map<string, number>();
  #count = 0;

  constructor({ perAddress, total }: { perAddress: number; total: number }) {
    this.#perAddress = perAddress;
    this.#total = total;
  }

  /** Returns a function that releases the slot, to be called once; or the limit that is exceeded. */
  acquire(address: string): (() => void) | ConcurrencyScope {
    const bucket = addressBucket(address);
    const count = this.#counts.get(bucket) ?? 0;
    if (count >= this.#perAddress) return 'address';
    if (this.#count >= this.#total) return 'total';
    this.#counts.set(bucket, count + 1);
    this.#count += 1;
    return () => this.#release(bucket);
  }

  #release(bucket: string): void {
    const left = (this.#counts.get(bucket) ?? 0) - 1;
    if (left > 0) this.#counts.set(bucket, left);
    else this.#counts.delete(bucket);
    this.#count -= 1;
  }
}
