/** So many values are summarised at once, wherever they came from: what is found does not depend on how they came. */
const BLOCK = 256;

interface Totals {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of the deviations from the mean. */
  readonly squares: number;
}

export interface MomentsState {
  readonly totals: Totals;
  readonly rest: Float64Array;
}

const NONE: Totals = {
  ...{ count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY },
  ...{ mean: 0, squares: 0 },
};

/** Count, bounds, mean and deviation of a stream of numbers in one pass. */
export class Moments {
  #totals = NONE;
  /** Values that are not in the totals yet. */
  #rest = new Float64Array(8);
  #left = 0;

  add(x: number): void {
    if (this.#left === this.#rest.length) this.#makeRoom();
    this.#rest[this.#left++] = x;
  }

  /** Adds the first `length` of the values. */
  addAll(values: Float64Array, length: number): void {
    for (let at = 0; at < length; ) {
      if (this.#left === this.#rest.length) this.#makeRoom();
      // Whole blocks need not be copied. A block that has just become full may be followed by none.
      for (; this.#left === 0 && length - at > BLOCK; at += BLOCK)
        this.#totals = joined(this.#totals, values, at, at + BLOCK);
      const count = Math.min(length - at, this.#rest.length - this.#left);
      for (let i = 0; i < count; i++) this.#rest[this.#left + i] = values[at + i]!;
      this.#left += count;
      at += count;
    }
  }

  #makeRoom(): void {
    if (this.#left < BLOCK) {
      const larger = new Float64Array(Math.min(BLOCK, 4 * this.#left));
      larger.set(this.#rest);
      this.#rest = larger;
      return;
    }
    this.#totals = joined(this.#totals, this.#rest, 0, this.#left);
    this.#left = 0;
  }

  get #all(): Totals {
    return joined(this.#totals, this.#rest, 0, this.#left);
  }

  get count(): number {
    return this.#totals.count + this.#left;
  }

  get min(): number {
    return this.#all.min;
  }

  get max(): number {
    return this.#all.max;
  }

  get mean(): number {
    return this.#all.mean;
  }

  /**
   * Mean and deviation by which values become numbers of about 1, whatever their size. The deviation lies within what the
   * range allows, because that of large numbers that differ little has a rounding error of its own size. If all values are
   * equal, they become 0.
   */
  get scale(): { readonly mean: number; readonly deviation: number } {
    const { count, min, max, mean } = this.#all;
    const range = max - min;
    if (!(range > 0)) return { mean: count === 0 ? 0 : min, deviation: 1 };
    const [least, most] = [range / Math.sqrt(2 * count), range / 2];
    const computed = this.standardDeviation;
    // A little beyond is a rounding error of the bounds.
    const isPossible = computed > 0.999 * least && computed < 1.001 * most;
    const deviation = isPossible ? computed : Math.min(most, Math.max(least, computed));
    return { mean: Math.min(max, Math.max(min, mean)), deviation };
  }

  static from({ totals, rest }: MomentsState): Moments {
    const moments = new Moments();
    moments.#totals = totals;
    moments.addAll(rest, rest.length);
    return moments;
  }

  get state(): MomentsState {
    return { totals: this.#totals, rest: this.#rest.slice(0, this.#left) };
  }

  /** The population standard deviation (divided by n). 0 if there are no numbers. */
  get standardDeviation(): number {
    const { count, squares } = this.#all;
    return count === 0 ? 0 : Math.sqrt(squares / count);
  }
}

/** With those of a block, whose own mean is found first (Chan, Golub and LeVeque 1979). */
function joined(before: Totals, values: Float64Array, from: number, to: number): Totals {
  const length = to - from;
  if (length === 0) return before;
  const mean = meanOf(values, from, to);
  let { min, max } = before;
  let squares = 0;
  for (let i = from; i < to; i++) {
    const x = values[i]!;
    if (x < min) min = x;
    if (x > max) max = x;
    squares += (x - mean) * (x - mean);
  }
  const count = before.count + length;
  const delta = mean - before.mean;
  return {
    ...{ count, min, max },
    mean: before.count === 0 ? mean : before.mean + (delta * length) / count,
    squares: before.squares + squares + (delta * delta * before.count * length) / count,
  };
}

/** By deviations from the first one: those of equal values are 0. Four sums, none of which waits for another. */
function meanOf(values: Float64Array, from: number, to: number): number {
  const first = values[from]!;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = from;
  for (; i + 3 < to; i += 4) {
    a += values[i]! - first;
    b += values[i + 1]! - first;
    c += values[i + 2]! - first;
    d += values[i + 3]! - first;
  }
  for (; i < to; i++) a += values[i]! - first;
  return first + (a + b + (c + d)) / (to - from);
}
