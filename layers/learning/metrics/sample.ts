import { uniformStream } from '#engine/random.ts';

/** Numbers that a sample holds at most, in 8 MiB of memory. */
const NUMBERS = 2 ** 20;
/** For so many rows there is room at first. */
const FIRST_ROWS = 256;

/**
 * Rows of numbers with their truths: all of them as long as there is room, and then an even sample (Vitter 1985,
 * algorithm R), which depends on nothing but the rows.
 */
export class Sample {
  readonly width: number;
  readonly #most: number;
  readonly #uniform = uniformStream(0, 'sample of rows');
  /** At least twice as large whenever they are full. */
  #values: Float64Array;
  #truths: Float64Array;
  /** How many rows there were. */
  seen = 0;

  /** @param width numbers a row */
  constructor(width: number, numbers = NUMBERS) {
    this.width = width;
    this.#most = Math.max(1, Math.floor(numbers / width));
    const room = Math.min(this.#most, FIRST_ROWS);
    this.#truths = new Float64Array(room);
    this.#values = new Float64Array(room * width);
  }

  /** @param values the rows one after another, as many numbers each */
  addAll(truths: ArrayLike<number>, values: Float32Array | Float64Array): void {
    const { width } = this;
    const first = Math.max(0, Math.min(truths.length, this.#most - this.seen));
    if (first > 0) {
      if (this.seen + first > this.#truths.length) this.#grow(this.seen + first);
      for (let row = 0; row < first; row++) this.#truths[this.seen + row] = truths[row]!;
      this.#values.set(values.subarray(0, first * width), this.seen * width);
      this.seen += first;
    }
    for (let row = first; row < truths.length; row++) this.add(truths[row]!, values, row * width);
  }

  /** @param from where the row begins in `values` */
  add(truth: number, values: ArrayLike<number>, from: number): void {
    this.seen++;
    const place = this.seen <= this.#most ? this.seen - 1 : Math.floor(this.#uniform() * this.seen);
    if (place >= this.#most) return;
    if (place >= this.#truths.length) this.#grow(place + 1);
    const { width } = this;
    this.#truths[place] = truth;
    for (let i = 0, at = place * width; i < width; i++, at++) this.#values[at] = values[from + i]!;
  }

  #grow(least: number): void {
    const room = Math.min(this.#most, Math.max(least, 2 * this.#truths.length));
    const [truths, values] = [new Float64Array(room), new Float64Array(room * this.width)];
    truths.set(this.#truths);
    values.set(this.#values);
    this.#truths = truths;
    this.#values = values;
  }

  get rows(): number {
    return Math.min(this.seen, this.#most);
  }

  /** Not to be changed, as the values. */
  get truths(): Float64Array {
    return this.#truths.subarray(0, this.rows);
  }

  /** [rows, width], row-major. */
  get values(): Float64Array {
    return this.#values.subarray(0, this.rows * this.width);
  }

  /** How many rows it has, if that is not all of them. */
  get sampled(): { readonly sampled?: number } {
    return this.rows < this.seen ? { sampled: this.rows } : {};
  }
}
