/** Whether numbers are in the unit of the bytes that decoded files have, so that a file can stand for them. */
const GREATEST_BYTE = 255;

/**
 * Takes all rows of the data. Numbers from 0 to 255 whose greatest is 255 are such; of others, as those from 0 to 16 that
 * scikit-learn's digits have, nobody can say what a byte would be.
 */
export class PixelUnit {
  #isInside = true;
  #greatest = Number.NEGATIVE_INFINITY;

  /** A missing number says nothing. */
  add(row: ArrayLike<number>): void {
    for (let i = 0; i < row.length; i++) {
      const value = row[i]!;
      if (value < 0) this.#isInside = false;
      else if (value > this.#greatest) this.#greatest = value;
    }
  }

  get isByte(): boolean {
    return this.#isInside && this.#greatest === GREATEST_BYTE;
  }
}
