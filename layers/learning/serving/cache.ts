/**
 * Loaded values by name, within limits. What a value takes is measured while it is loaded, where nothing else is, and is at
 * least what it says itself: the runtime needs more for a model than its file has bytes. The least recently used is evicted first, but never while in use. A value that is too
 * large for the limits by itself stays until another one is used: whoever uses it again should not wait for it again.
 */

import type { Awaitable } from '#domain/awaitable.ts';
import { isPromise } from '#domain/awaitable.ts';

export interface Loaded {
  readonly bytes: number;
  dispose(): Promise<void>;
}

export interface CacheLimits {
  /** Of all values together. */
  readonly bytes: number;
  readonly count: number;
  /** The memory of the process, in bytes. */
  readonly measure?: () => number;
}

interface Entry<V> {
  readonly loading: Promise<V>;
  /** Once it is loaded. */
  value?: V;
  users: number;
  /** 0 until it is loaded. */
  bytes: number;
}

/** The rest of the process grows meanwhile, too: with the first model, by the runtime itself. */
const mostOf = ({ bytes }: Loaded): number => 8 * bytes + 8 * 2 ** 20;

const residentBytes = (): number => process.memoryUsage.rss();

export class Cache<V extends Loaded> {
  readonly #limits: CacheLimits;
  /** In order of use, the least recent first. */
  readonly #entries = new Map<string, Entry<V>>();
  #bytes = 0;
  /** Values that are being loaded. */
  #loading = 0;
  /** Counts the loads that have begun, so that one notices others beside it. */
  #loads = 0;
  /** The most recent. */
  #latest = '';

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  /**
   * Loads a missing value, once even for concurrent callers, and keeps it loaded while `use` runs. One that is loaded is used
   * at once.
   */
  use<R>(name: string, load: () => Promise<V>, use: (value: V) => Awaitable<R>): Awaitable<R> {
    const entry: Entry<V> = this.#entries.get(name) ?? { loading: this.#load(name, load), users: 0, bytes: 0 };
    entry.users++;
    if (this.#latest !== name || !this.#entries.has(name)) {
      this.#entries.delete(name);
      this.#entries.set(name, entry);
      this.#latest = name;
    }
    const { value } = entry;
    if (value === undefined || this.#isFull) return this.#released(entry, async () => use(await entry.loading));
    let using: Awaitable<R>;
    try {
      using = use(value);
    } catch (error) {
      entry.users--;
      throw error;
    }
    if (isPromise(using)) return this.#released(entry, () => using);
    entry.users--;
    return using;
  }

  /** Waits for a use, and then makes room where it is needed. */
  async #released<R>(entry: Entry<V>, use: () => Awaitable<R>): Promise<R> {
    try {
      return await use();
    } finally {
      entry.users--;
      if (this.#isFull) await this.#evict();
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  async #load(name: string, load: () => Promise<V>): Promise<V> {
    const { measure = residentBytes } = this.#limits;
    const before = measure();
    this.#loads += 1;
    const number = this.#loads;
    const isAlone = this.#loading === 0;
    this.#loading += 1;
    try {
      const value = await load();
      // Beside others it is not known whose memory it is.
      const taken = isAlone && number === this.#loads ? measure() - before : 0;
      const bytes = Math.max(value.bytes, Math.min(taken, mostOf(value)));
      Object.assign(this.#entries.get(name)!, { bytes, value });
      this.#bytes += bytes;
      return value;
    } catch (error) {
      this.#entries.delete(name);
      throw error;
    } finally {
      this.#loading -= 1;
    }
  }

  get #isFull(): boolean {
    return this.#bytes > this.#limits.bytes || this.#entries.size > this.#limits.count;
  }

  async #evict(): Promise<void> {
    for (const [name, entry] of [...this.#entries].slice(0, -1)) {
      if (!this.#isFull) return;
      if (entry.users > 0 || this.#entries.get(name) !== entry) continue;
      this.#entries.delete(name);
      this.#bytes -= entry.bytes;
      await (await entry.loading).dispose();
    }
  }
}
