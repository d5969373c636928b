/** Count, bounds, mean and deviation of a stream of numbers in one pass (Welford 1962; Knuth, TAOCP 2, 4.2.2). */
export class Moments {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  mean = 0;
  #squares = 0;

  add(x: number): void {
    this.count++;
    if (x < this.min) this.min = x;
    if (x > this.max) this.max = x;
    const delta = x - this.mean;
    this.mean += delta / this.count;
    this.#squares += delta * (x - this.mean);
  }

  /** The population standard deviation (divided by n). 0 if there are no numbers. */
  get standardDeviation(): number {
    return this.count === 0 ? 0 : Math.sqrt(this.#squares / this.count);
  }
}
