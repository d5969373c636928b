export interface MomentsState {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly squares: number;
}

const one = new Float64Array(1);

/** Count, bounds, mean and deviation of a stream of numbers in one pass (Welford 1962; Knuth, TAOCP 2, 4.2.2). */
export class Moments {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  mean = 0;
  #squares = 0;

  add(x: number): void {
    one[0] = x;
    this.addAll(one, 1);
  }

  /** Adds the first `length` of the values. */
  addAll(values: Float64Array, length: number): void {
    // In variables of its own, of which each step waits for the one before it.
    let { count, min, max, mean } = this;
    let squares = this.#squares;
    for (let i = 0; i < length; i++) {
      const x = values[i]!;
      count++;
      if (x < min) min = x;
      if (x > max) max = x;
      const delta = x - mean;
      mean += delta / count;
      squares += delta * (x - mean);
    }
    this.count = count;
    this.min = min;
    this.max = max;
    this.mean = mean;
    this.#squares = squares;
  }

  /**
   * Mean and deviation by which values become numbers of about 1, whatever their size. The deviation lies within what the
   * range allows, because that of large numbers that differ little has a rounding error of its own size. If all values are
   * equal, they become 0.
   */
  get scale(): { readonly mean: number; readonly deviation: number } {
    const range = this.max - this.min;
    if (!(range > 0)) return { mean: this.count === 0 ? 0 : this.min, deviation: 1 };
    const [least, most] = [range / Math.sqrt(2 * this.count), range / 2];
    const computed = this.standardDeviation;
    // A little beyond is a rounding error of the bounds.
    const isPossible = computed > 0.999 * least && computed < 1.001 * most;
    const deviation = isPossible ? computed : Math.min(most, Math.max(least, computed));
    return { mean: Math.min(this.max, Math.max(this.min, this.mean)), deviation };
  }

  static from({ squares, ...rest }: MomentsState): Moments {
    const moments = Object.assign(new Moments(), rest);
    moments.#squares = squares;
    return moments;
  }

  get state(): MomentsState {
    const { count, min, max, mean } = this;
    return { count, min, max, mean, squares: this.#squares };
  }

  /** The population standard deviation (divided by n). 0 if there are no numbers. */
  get standardDeviation(): number {
    return this.count === 0 ? 0 : Math.sqrt(this.#squares / this.count);
  }
}
