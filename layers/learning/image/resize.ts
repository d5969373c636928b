/** Scales images as Pillow's `resize` with `BILINEAR` does: a triangle filter that is as wide as what a pixel covers. */
import type { Pixels } from './pixels.ts';

/** What one pixel of the result is made of. */
interface Weights {
  readonly first: number;
  /** In units of 2⁻²². */
  readonly values: Float64Array;
}

const UNIT = 2 ** 22;

function weightsOf(from: number, to: number): Weights[] {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const values = Float64Array.from({ length: end - first }, (__, x) =>
      Math.max(0, 1 - Math.abs((x + first - center + 0.5) / support)),
    );
    const sum = values.reduce((total, value) => total + value, 0);
    return { first, values: values.map((value) => Math.round((value / sum) * UNIT)) };
  });
}

/**
 * First across, then down; between them pixels are rounded to bytes. Pillow goes down first where it expects less work
 * of that, so its pixels differ by one there.
 */
export function resized(image: Pixels, width: number, height: number): Pixels {
  const across = image.width === width ? image : scaledAcross(image, width);
  return across.height === height ? across : scaledDown(across, height);
}

function scaledAcross({ width: from, height, channels, data }: Pixels, width: number): Pixels {
  const weights = weightsOf(from, width);
  const result = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (const [x, { first, values }] of weights.entries()) {
      for (let c = 0; c < channels; c++) {
        let at = (y * from + first) * channels + c;
        let sum = UNIT / 2;
        for (let i = 0; i < values.length; i++, at += channels) sum += data[at]! * values[i]!;
        result[(y * width + x) * channels + c] = byteOf(sum);
      }
    }
  }
  return { width, height, channels, data: result };
}

function scaledDown({ width, height: from, channels, data }: Pixels, height: number): Pixels {
  const [weights, row] = [weightsOf(from, height), width * channels];
  const result = new Uint8Array(height * row);
  for (const [y, { first, values }] of weights.entries()) {
    for (let x = 0; x < row; x++) {
      let sum = UNIT / 2;
      for (let i = 0; i < values.length; i++) sum += data[(first + i) * row + x]! * values[i]!;
      result[y * row + x] = byteOf(sum);
    }
  }
  return { width, height, channels, data: result };
}

const byteOf = (sum: number): number => Math.min(255, Math.max(0, Math.floor(sum / UNIT)));
