import { uniformStream } from '#engine/random.ts';

/** Numbers that a sample holds at most, in 8 MiB of memory. */
const NUMBERS = 2 ** 20;

/**
 * Rows of numbers with their truths: all of them, or as many as there is room for, where each is as likely to be chosen as any
 * other (selection sampling; Knuth, TAOCP 2, 3.4.2, algorithm S). Which ones are depends on nothing but how many rows there are.
 */
export class Sample {
  readonly width: number;
  readonly #of: number;
  readonly #values: Float64Array;
  readonly #truths: Float64Array;
  readonly #uniform = uniformStream(0, 'sample of rows');
  /** How many rows there were so far, and how many of them it holds. */
  #seen = 0;
  #rows = 0;

  /**
   * @param width numbers a row
   * @param of how many rows there will be
   */
  constructor(width: number, of: number, numbers = NUMBERS) {
    this.width = width;
    this.#of = of;
    const room = Math.min(of, Math.max(1, Math.floor(numbers / width)));
    this.#truths = new Float64Array(room);
    this.#values = new Float64Array(room * width);
  }

  /** @param from where the row begins in `values` */
  add(truth: number, values: ArrayLike<number>, from: number): void {
    const left = this.#of - this.#seen++;
    const wanted = this.#truths.length - this.#rows;
    if (wanted < left && this.#uniform() * left >= wanted) return;
    const place = this.#rows++;
    this.#truths[place] = truth;
    const { width } = this;
    for (let i = 0, at = place * width; i < width; i++, at++) this.#values[at] = values[from + i]!;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Not to be changed, as the values. */
  get truths(): Float64Array {
    return this.#truths.subarray(0, this.#rows);
  }

  /** [rows, width], row-major. */
  get values(): Float64Array {
    return this.#values.subarray(0, this.#rows * this.width);
  }

  /** How many rows it has, if that is not all of them. */
  get sampled(): { readonly sampled?: number } {
    return this.#rows < this.#seen ? { sampled: this.#rows } : {};
  }
}
