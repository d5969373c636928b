/** How often the writes of other connections are looked for. */
const POLL_MILLISECONDS = 100;

/**
 * Tells that something was written: at once for this connection's own writes, and by SQLite's `data_version`, which
 * changes when another connection has committed, for those of other threads and processes. It looks only while somebody
 * listens, and keeps no process alive.
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
      this.#timer = setInterval(() => this.#look(), POLL_MILLISECONDS);
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

  #look(): void {
    const version = this.#version();
    if (version === this.#seen) return;
    this.#seen = version;
    this.notify();
  }
}
