/**
 * Loaded values by name, within limits. The least recently used is evicted first, but never while in use. A value that is too
 * large for the limits by itself stays until another one is used: whoever uses it again should not wait for it again.
 */
export interface Loaded {
  readonly bytes: number;
  dispose(): Promise<void>;
}

export interface CacheLimits {
  /** Of all values together. */
  readonly bytes: number;
  readonly count: number;
}

interface Entry<V> {
  readonly loading: Promise<V>;
  users: number;
  /** 0 until it is loaded. */
  bytes: number;
}

export class Cache<V extends Loaded> {
  readonly #limits: CacheLimits;
  /** In order of use, the least recent first. */
  readonly #entries = new Map<string, Entry<V>>();
  #bytes = 0;

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  /** Loads a missing value, once even for concurrent callers, and keeps it loaded while `use` runs. */
  async use<R>(name: string, load: () => Promise<V>, use: (value: V) => Promise<R>): Promise<R> {
    const entry = this.#entries.get(name) ?? { loading: this.#load(name, load), users: 0, bytes: 0 };
    entry.users++;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    try {
      return await use(await entry.loading);
    } finally {
      entry.users--;
      if (this.#isFull) await this.#evict();
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  async #load(name: string, load: () => Promise<V>): Promise<V> {
    try {
      const value = await load();
      this.#entries.get(name)!.bytes = value.bytes;
      this.#bytes += value.bytes;
      return value;
    } catch (error) {
      this.#entries.delete(name);
      throw error;
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
