/** Bytes of files that are in memory at once, of all calls that a process has in hand. */
export class Room {
  readonly #bytes: number;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  #taken = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Waits for its turn until there is room; more than all of it is let in alone. Disposing of the result gives it back. */
  async enter(bytes: number): Promise<Disposable> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ bytes, enter });
      this.#admit();
    });
    return {
      [Symbol.dispose]: () => {
        this.#taken -= bytes;
        this.#admit();
      },
    };
  }

  #admit(): void {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      if (this.#taken > 0 && this.#taken + next.bytes > this.#bytes) return;
      this.#waiting.shift();
      this.#taken += next.bytes;
      next.enter();
    }
  }
}
