import type { Child } from './child.ts';

/** Within this time the trainer of whoever has just uploaded or trained something is still there. */
export const STANDBY_MS = 600_000;

/**
 * At most one trainer that was started before there is a task, so that the next task need not wait for a process to load.
 * It knows nothing of any account, runs one task at most, and ends if none comes for a while.
 */
export class Standby {
  readonly #start: () => Child;
  readonly #milliseconds: number;
  #child: Child | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(start: () => Child, milliseconds = STANDBY_MS) {
    this.#start = start;
    this.#milliseconds = milliseconds;
  }

  /**
   * Starts one, unless one waits already: then it waits for longer. Whoever uploads must not fail because no process can be
   * started: whoever has a task tries again, and says why it cannot.
   */
  prepare(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.take()?.kill('not needed'), this.#milliseconds);
    this.#timer.unref();
    if (this.#child !== undefined) return;
    const child = this.#started();
    if (child === undefined) return;
    this.#child = child;
    // One that ended by itself serves nobody.
    void child.ended.then(() => {
      if (this.#child === child) this.take();
    });
  }

  #started(): Child | undefined {
    try {
      return this.#start();
    } catch {
      return undefined;
    }
  }

  /** The one that waits, if there is one. From then on it is the caller's. */
  take(): Child | undefined {
    clearTimeout(this.#timer);
    const child = this.#child;
    this.#child = undefined;
    return child;
  }

  get child(): Child | undefined {
    return this.#child;
  }

  /** Resolves once it has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const child = this.take();
    child?.kill('host_stopped');
    await child?.ended;
  }
}
