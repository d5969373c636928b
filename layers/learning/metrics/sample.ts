import { uniformStream } from '#engine/random.ts';

/** Numbers that a sample holds at most, in 8 MiB of memory. */
const NUMBERS = 2 ** 20;

/**
 * Rows of numbers with their truths: all of them as long as there is room, and then an even sample (Vitter 1985,
 * algorithm R), which depends on nothing but the rows.
 */
export class Sample {
  readonly width: number;
  readonly #most: number;
  readonly #uniform = uniformStream(0, 'sample of rows');
  readonly #values: number[] = [];
  readonly #truths: number[] = [];
  /** How many rows there were. */
  seen = 0;

  /** @param width numbers a row */
  constructor(width: number, numbers = NUMBERS) {
    this.width = width;
    this.#most = Math.max(1, Math.floor(numbers / width));
  }

  /** @param from where the row begins in `values` */
  add(truth: number, values: ArrayLike<number>, from: number): void {
    this.seen++;
    const place = this.seen <= this.#most ? this.seen - 1 : Math.floor(this.#uniform() * this.seen);
    if (place >= this.#most) return;
    this.#truths[place] = truth;
    for (let i = 0; i < this.width; i++) this.#values[place * this.width + i] = values[from + i]!;
  }

  get rows(): number {
    return this.#truths.length;
  }

  get truths(): Float64Array {
    return Float64Array.from(this.#truths);
  }

  /** [rows, width], row-major. */
  get values(): Float64Array {
    return Float64Array.from(this.#values);
  }

  /** How many rows it has, if that is not all of them. */
  get sampled(): { readonly sampled?: number } {
    return this.rows < this.seen ? { sampled: this.rows } : {};
  }
}
