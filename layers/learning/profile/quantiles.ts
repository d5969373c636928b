/**
 * Quantiles of a stream of numbers in bounded memory, by the sketch of Karnin, Lang and Liberty 2016 ("Optimal quantile
 * approximation in streams"). Level h holds numbers that stand for 2^h each. A full level is sorted, and every other number
 * of it moves up. Where there are so many numbers that the lowest levels hardly count, numbers are drawn instead (their
 * section 3.3). Up to K numbers everything is exact. Beyond, the rank of a quantile is off by less than 1 % of the count with a
 * probability of 99 %; with about 3 K numbers in memory.
 */
import { Level } from './level.ts';
import { sortNumbers } from './sort.ts';

const K = 512;
const SHRINK = 2 / 3;
const SMALLEST = 8;

const one = new Float64Array(1);

export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Of the levels, counted from the last one, the numbers below are drawn: one of each 2^s stands for all of them. */
const DRAWN_LEVELS = 6;

export interface QuantilesState {
  readonly single: Float64Array;
  readonly levels: readonly Float64Array[];
  readonly count: number;
  readonly coin: number;
  readonly drawing: { readonly level: number; readonly seen: number; readonly chosen: number };
}

export class QuantileSketch {
  /** The numbers as they come, or as they are drawn. Typed numbers are sorted fast if there are enough of them. */
  #single = new Float64Array(16);
  #singles = 0;
  /** The levels from 1 on. */
  #levels: Level[] = [];
  #count = 0;
  /** One of 2^`level` numbers is drawn: of those `seen` so far of these, that with the number `chosen`. */
  #drawing = { level: 0, seen: 0, chosen: 0 };
  /** Of a generator of its own, so that the same file gives the same profile. */
  #state = 0x9e3779b9;

  add(x: number): void {
    one[0] = x;
    this.addAll(one, 1);
  }

  /** Adds the first `length` of the values. */
  addAll(values: Float64Array, length: number): void {
    this.#count += length;
    for (let at = 0; at < length; ) {
      if (this.#drawing.level > 0) at = this.#draw(values, at, length);
      else if (this.#singles === this.#single.length) this.#makeRoom();
      else {
        const some = values.subarray(at, at + Math.min(length - at, this.#single.length - this.#singles));
        this.#single.set(some, this.#singles);
        this.#singles += some.length;
        at += some.length;
      }
    }
  }

  /** Draws numbers until they have to be sorted, without looking at those between; returns the place behind the last one. */
  #draw(values: Float64Array, from: number, length: number): number {
    const drawing = this.#drawing;
    const span = 2 ** drawing.level;
    const single = this.#single;
    let at = from;
    let { seen, chosen } = drawing;
    let singles = this.#singles;
    while (at < length) {
      if (seen === span) {
        const whole = Math.min(single.length - singles, Math.floor((length - at) / span));
        for (const end = at + whole * span; at < end; at += span) {
          chosen = this.#random(drawing.level);
          single[singles++] = values[at + chosen]!;
        }
        if (singles === single.length || at === length) break;
        seen = 0;
        chosen = this.#random(drawing.level);
      }
      const left = Math.min(length - at, span - seen);
      const ahead = chosen - seen;
      // Of each span, one number is drawn: the others are passed by.
      if (ahead >= 0 && ahead < left) single[singles++] = values[at + ahead]!;
      seen += left;
      at += left;
    }
    drawing.seen = seen;
    drawing.chosen = chosen;
    this.#singles = singles;
    if (at < length) this.#makeRoom();
    return at;
  }

  get count(): number {
    return this.#count;
  }

  get estimated(): boolean {
    return this.#levels.length > 0;
  }

  static from({ single, levels, count, coin, drawing }: QuantilesState): QuantileSketch {
    const sketch = new QuantileSketch();
    sketch.#single = new Float64Array(Math.max(16, 2 ** Math.ceil(Math.log2(single.length))));
    sketch.#single.set(single);
    sketch.#singles = single.length;
    sketch.#levels = levels.map((level) => new Level(level));
    sketch.#count = count;
    sketch.#state = coin;
    sketch.#drawing = { ...drawing };
    return sketch;
  }

  get state(): QuantilesState {
    return {
      single: this.#single.slice(0, this.#singles),
      levels: this.#levels.map((level) => level.numbers.slice()),
      count: this.#count,
      coin: this.#state,
      drawing: { ...this.#drawing },
    };
  }

  /** At each of the fractions, interpolated between neighbours. NaN if there are no numbers. */
  at(fractions: readonly number[]): number[] {
    const weighted = this.#weighted();
    const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
    return fractions.map((fraction) => {
      const rank = fraction * (total - 1);
      const [low, high] = [valueAt(weighted, Math.floor(rank)), valueAt(weighted, Math.ceil(rank))];
      return low + (high - low) * (rank - Math.floor(rank));
    });
  }

  /** Bins of equal width from `min` to `max`; their counts add up to the count. */
  histogram(min: number, max: number, bins: number): HistogramBin[] {
    if (this.#count === 0) return [];
    if (min === max) return [{ from: min, to: max, count: this.#count }];
    const width = (max - min) / bins;
    const weights = new Float64Array(bins);
    for (const { value, weight } of this.#weighted()) {
      const bin = Math.floor((value - min) / width);
      weights[Math.max(0, Math.min(bins - 1, bin))]! += weight;
    }
    const counts = scaled(weights, this.#count);
    return Array.from(counts, (count, bin) => ({
      from: min + bin * width,
      to: bin === bins - 1 ? max : min + (bin + 1) * width,
      count,
    }));
  }

  #makeRoom(): void {
    if (this.#single.length < K) {
      const larger = new Float64Array(2 * this.#single.length);
      larger.set(this.#single);
      this.#single = larger;
      return;
    }
    const { level } = this.#drawing;
    sortNumbers(this.#single, K);
    this.#promote(this.#single, K, level);
    this.#singles = 0;
    while (this.#size > this.#capacity) this.#compact();
    const next = this.#levels.length - DRAWN_LEVELS;
    if (next > level) this.#drawing = { level: next, seen: 2 ** next, chosen: 0 };
  }

  get #size(): number {
    return this.#levels.reduce((sum, level) => sum + level.length, 0);
  }

  get #capacity(): number {
    return this.#levels.reduce((sum, _, i) => sum + this.#capacityOf(i), 0);
  }

  #capacityOf(level: number): number {
    return Math.max(SMALLEST, Math.ceil(K * SHRINK ** (this.#levels.length - 1 - level)));
  }

  #compact(): void {
    const from = this.#levels.findIndex((level, i) => level.length >= this.#capacityOf(i));
    const full = this.#levels[from]!;
    const pairs = full.takePairs();
    sortNumbers(pairs, pairs.length);
    this.#promote(pairs, pairs.length, from + 1);
  }

  /** Every other one of the sorted numbers goes to the level, where it stands for two of them. */
  #promote(sorted: Float64Array, length: number, to: number): void {
    if (to === this.#levels.length) this.#levels.push(new Level());
    this.#levels[to]!.addHalf(sorted, length, this.#random(1));
  }

  /** So many bits, by xorshift (Marsaglia 2003). */
  #random(bits: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 7) & ((1 << bits) - 1);
  }

  #weighted(): Weighted[] {
    const drawn = Array.from(this.#single.subarray(0, this.#singles), (value) => ({
      ...{ value, weight: 2 ** this.#drawing.level },
    }));
    return this.#levels
      .flatMap((level, h) => Array.from(level.numbers, (value) => ({ value, weight: 2 ** (h + 1) })))
      .concat(drawn)
      .sort((a, b) => a.value - b.value);
  }
}

interface Weighted {
  readonly value: number;
  readonly weight: number;
}

function valueAt(weighted: readonly Weighted[], rank: number): number {
  let before = 0;
  for (const { value, weight } of weighted) {
    before += weight;
    if (before > rank) return value;
  }
  return weighted.at(-1)?.value ?? Number.NaN;
}

/** Whole numbers in proportion to the weights that add up to `total`: rounding errors are carried on. */
function scaled(weights: Float64Array, total: number): Float64Array {
  const sum = weights.reduce((a, b) => a + b, 0);
  let [exact, given] = [0, 0];
  return weights.map((weight) => {
    exact += (weight / sum) * total;
    const count = Math.round(exact) - given;
    given += count;
    return count;
  });
}
