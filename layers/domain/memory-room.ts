/** What is in memory at once, of all calls that a thread has in hand: bytes, or what else a caller counts. */
export class MemoryRoom {
  readonly #all: number;
  readonly #waiting: { readonly amount: number; readonly enter: () => void }[] = [];
  #taken = 0;

  constructor(all: number) {
    this.#all = all;
  }

  /** Waits for its turn until there is room; more than all of it is let in alone. Disposing of the result gives it back. */
  async enter(amount: number): Promise<Disposable> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ amount, enter });
      this.#admit();
    });
    return {
      [Symbol.dispose]: () => {
        this.#taken -= amount;
        this.#admit();
      },
    };
  }

  #admit(): void {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      if (this.#taken > 0 && this.#taken + next.amount > this.#all) return;
      this.#waiting.shift();
      this.#taken += next.amount;
      next.enter();
    }
  }
}
