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

  /**
   * Returns a function that releases the slot, to be called once; or the limit that is exceeded. Without an address only
   * the total is limited.
   */
  acquire(address: string | undefined): (() => void) | ConcurrencyScope {
    const bucket = address === undefined ? undefined : addressBucket(address);
    const count = bucket === undefined ? 0 : (this.#counts.get(bucket) ?? 0);
    if (count >= this.#perAddress) return 'address';
    if (this.#count >= this.#total) return 'total';
    if (bucket !== undefined) this.#counts.set(bucket, count + 1);
    this.#count += 1;
    return () => this.#release(bucket);
  }

  #release(bucket: string | undefined): void {
    this.#count -= 1;
    if (bucket === undefined) return;
    const left = (this.#counts.get(bucket) ?? 0) - 1;
    if (left > 0) this.#counts.set(bucket, left);
    else this.#counts.delete(bucket);
  }
}
