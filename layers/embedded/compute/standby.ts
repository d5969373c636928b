import type { Child } from './child.ts';

/** Within this time the trainer of whoever has just uploaded or trained something is still there. */
export const STANDBY_MS = 600_000;

interface Waiting {
  readonly child: Child;
  /** The account for which it has worked, and for which alone it works again. Absent: it has not worked yet. */
  readonly accountId?: string;
}

/**
 * Trainers that were started before there is a task, so that the next task need not wait for a process to load: at most one
 * that knows nothing of any account, and one that has done a task and goes on with others of the same account. They end if
 * none comes for a while.
 */
export class Standby {
  readonly #start: () => Child;
  readonly #milliseconds: number;
  #fresh: Waiting | undefined;
  #used: Waiting | undefined;
  /** Whether somebody came for whom the used one was not. */
  #hasOthers = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(start: () => Child, milliseconds = STANDBY_MS) {
    this.#start = start;
    this.#milliseconds = milliseconds;
  }

  /**
   * Starts one, unless one waits already that is likely to be the right one: then it waits for longer. Whoever uploads must not
   * fail because no process can be started: whoever has a task tries again, and says why it cannot.
   */
  prepare(): void {
    if (this.#closed) return;
    this.#wait();
    if (this.#fresh !== undefined || (this.#used !== undefined && !this.#hasOthers)) return;
    const child = this.#started();
    if (child !== undefined) this.#fresh = this.#waiting({ child });
  }

  /** Keeps one that has done a task of the account, unless one of another account waits. False: it is not kept. */
  keep(child: Child, accountId: string): boolean {
    if (this.#closed || this.#used !== undefined || !child.goesOn) return false;
    this.#used = this.#waiting({ child, accountId });
    this.#wait();
    return true;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end('not needed'), this.#milliseconds);
    this.#timer.unref();
  }

  #started(): Child | undefined {
    try {
      return this.#start();
    } catch {
      return undefined;
    }
  }

  /** One that ended by itself serves nobody. */
  #waiting(one: Waiting): Waiting {
    void one.child.ended.then(() => {
      if (this.#fresh === one) this.#fresh = undefined;
      if (this.#used === one) this.#used = undefined;
    });
    return one;
  }

  /** One that waits for a task of the account, if there is one. From then on it is the caller's. */
  take(accountId: string): Child | undefined {
    const used = this.#used;
    if (used?.accountId === accountId) {
      this.#used = undefined;
      return used.child;
    }
    this.#hasOthers = used !== undefined;
    const fresh = this.#fresh;
    this.#fresh = undefined;
    return fresh?.child;
  }

  get children(): Child[] {
    return [this.#fresh, this.#used].flatMap((one) => one?.child ?? []);
  }

  /** Resolves once they have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const { children } = this;
    this.#end('host_stopped');
    await Promise.all(children.map(({ ended }) => ended));
  }

  #end(reason: string): void {
    for (const child of this.children) child.kill(reason);
    this.#fresh = this.#used = undefined;
  }
}
