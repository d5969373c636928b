/**
 * Limits how many bytes are in memory at once. A request beyond the limit waits, first come first served, so that many
 * large requests at the same moment do not fill the memory.
 */
export class ByteBudget {
  #free: number;
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Resolves, once the bytes are available, with a function that releases them; calling it again does nothing. */
  async take(bytes: number): Promise<() => void> {
    await new Promise<void>((go) => {
      this.#waiting.push({ bytes, go });
      this.#serve();
    });
    let held = bytes;
    return () => {
      this.#free += held;
      held = 0;
      this.#serve();
    };
  }

  #serve(): void {
    while (this.#waiting[0] && this.#waiting[0].bytes <= this.#free) {
      const { bytes, go } = this.#waiting.shift()!;
      this.#free -= bytes;
      go();
    }
  }
}
