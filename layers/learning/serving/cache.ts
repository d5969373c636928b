/** Loaded values by name, within a limit in bytes. The least recently used is evicted first, but never while in use. */
export interface Loaded {
  readonly bytes: number;
  dispose(): Promise<void>;
}

interface Entry<V> {
  readonly loading: Promise<V>;
  users: number;
  bytes: number;
}

export class Cache<V extends Loaded> {
  readonly #maxBytes: number;
  /** In order of use, the least recent first. */
  readonly #entries = new Map<string, Entry<V>>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Loads a missing value, once even for concurrent callers, and keeps it loaded while `use` runs. */
  async use<R>(name: string, load: () => Promise<V>, use: (value: V) => Promise<R>): Promise<R> {
    const entry = this.#entries.get(name) ?? { loading: load(), users: 0, bytes: 0 };
    entry.users++;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    try {
      const value = await entry.loading;
      entry.bytes = value.bytes;
      return await use(value);
    } catch (error) {
      if (entry.bytes === 0) this.#entries.delete(name);
      throw error;
    } finally {
      entry.users--;
      await this.#evict();
    }
  }

  get bytes(): number {
    return this.#entries.values().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async #evict(): Promise<void> {
    for (const [name, entry] of [...this.#entries]) {
      if (this.bytes <= this.#maxBytes) return;
      if (entry.users > 0) continue;
      this.#entries.delete(name);
      await (await entry.loading).dispose();
    }
  }
}
