/** Numbers of a sketch (see `quantiles.ts`) that stand for equally many others: an array with room for more. */
export class Level {
  #values: Float64Array;
  #length: number;

  constructor(numbers: Float64Array = new Float64Array()) {
    this.#values = numbers.slice();
    this.#length = numbers.length;
  }

  get length(): number {
    return this.#length;
  }

  /** A view of them, until there are more. */
  get numbers(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }

  /** Adds every other one of the first `length` numbers, from the place `first` on: 0 or 1. */
  addHalf(numbers: Float64Array, length: number, first: number): void {
    const needed = this.#length + Math.ceil(length / 2);
    if (needed > this.#values.length) {
      const larger = new Float64Array(2 * needed);
      larger.set(this.#values);
      this.#values = larger;
    }
    const values = this.#values;
    let end = this.#length;
    for (let i = first; i < length; i += 2) values[end++] = numbers[i]!;
    this.#length = end;
  }

  /** Takes the numbers out, in pairs: one without a partner stays. They are there until others are added. */
  takePairs(): Float64Array {
    const rest = this.#length % 2;
    const pairs = this.#values.subarray(rest, this.#length);
    // The last one stays, and the first one takes its place: the order of the others does not matter.
    if (rest === 1) {
      const last = this.#values[this.#length - 1]!;
      this.#values[this.#length - 1] = this.#values[0]!;
      this.#values[0] = last;
    }
    this.#length = rest;
    return pairs;
  }
}
