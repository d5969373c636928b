/** Mean and deviation of each channel over the training images. */
import { Moments } from '../profile/moments.ts';
import type { ChannelScale } from './front.ts';
import type { ImageShape } from './rows.ts';

const VALUES = 256;

/** Takes the rows that are learned from. Bytes are counted, which is exact and fast. */
export class ChannelScales {
  readonly #channels: number;
  readonly #size: number;
  readonly #counts: readonly Float64Array[];
  readonly #moments: readonly Moments[];

  constructor([channels, height, width]: ImageShape) {
    this.#channels = channels;
    this.#size = height * width;
    this.#counts = Array.from({ length: channels }, () => new Float64Array(VALUES));
    this.#moments = Array.from({ length: channels }, () => new Moments());
  }

  add(row: Uint8Array | Float32Array): void {
    for (let c = 0; c < this.#channels; c++) {
      const plane = row.subarray(c * this.#size, (c + 1) * this.#size);
      if (plane instanceof Uint8Array) for (const value of plane) this.#counts[c]![value]!++;
      else for (const value of plane) if (!Number.isNaN(value)) this.#moments[c]!.add(value);
    }
  }

  get scale(): ChannelScale {
    const all = this.#moments.map((moments, c) => (moments.count > 0 ? moments.scale : scaleOf(this.#counts[c]!)));
    return { mean: all.map(({ mean }) => mean), deviation: all.map(({ deviation }) => deviation) };
  }
}

function scaleOf(counts: Float64Array): { mean: number; deviation: number } {
  const count = counts.reduce((sum, n) => sum + n, 0);
  const mean = counts.reduce((sum, n, value) => sum + n * value, 0) / Math.max(1, count);
  const square = counts.reduce((sum, n, value) => sum + n * (value - mean) ** 2, 0) / Math.max(1, count);
  return { mean, deviation: square > 0 ? Math.sqrt(square) : 1 };
}
