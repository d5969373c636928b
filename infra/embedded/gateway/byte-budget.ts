/**
 * How many bytes may be held at once. Who comes when they are taken waits, first come first served, so that many large
 * requests at the same moment take turns instead of all of the memory.
 */
export class ByteBudget {
  #free: number;
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Resolves, once the bytes are there, with how to give them back; calling that again changes nothing. */
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
