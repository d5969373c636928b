/** How often to check for writes of other connections. */
const POLL_MILLISECONDS = 100;

/**
 * Notifies listeners of writes: at once of this connection's own, and of those of other threads and processes by
 * polling SQLite's `data_version`, which changes when another connection commits. It polls only while there are
 * listeners, and does not keep the process alive.
 */
export class Watch {
  readonly #version: () => number;
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #seen = 0;

  constructor(version: () => number) {
    this.#version = version;
  }

  add(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#seen = this.#version();
      this.#timer = setInterval(() => this.#poll(), POLL_MILLISECONDS);
      this.#timer.unref();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #poll(): void {
    const version = this.#version();
    if (version === this.#seen) return;
    this.#seen = version;
    this.notify();
  }
}
