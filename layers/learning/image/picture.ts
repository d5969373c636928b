/** Draws what the regions of an image contribute to its prediction. */
import { writePng } from './png.ts';

interface Contributing {
  /** [channels, height, width]. */
  readonly image: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Whether the numbers are bytes from 0 to 255; others are drawn from their least to their greatest. */
  readonly bytes: boolean;
  /** The region of each pixel. */
  readonly partOf: Int32Array;
  /** By region. */
  readonly contributions: readonly number[];
}

const RED = [214, 39, 40] as const;
const BLUE = [31, 119, 180] as const;
/** How much of the strongest region's colour there is over the image. */
const OPACITY = 0.65;
/** Smaller images are enlarged by a whole factor until a side has about so many pixels. */
const SIDE = 256;

/** The image in grey, under red where it speaks for the answer and blue where it speaks against it: a PNG as a data URL. */
export async function drawContributions(of: Contributing): Promise<string> {
  const { height, width, partOf, contributions } = of;
  const grey = greyOf(of);
  const strongest = Math.max(...contributions.map(Math.abs));
  const pixels = new Uint8Array(3 * partOf.length);
  for (const [pixel, part] of partOf.entries()) {
    const share = strongest > 0 ? contributions[part]! / strongest : 0;
    const opacity = OPACITY * Math.abs(share);
    for (const [c, colour] of (share > 0 ? RED : BLUE).entries()) {
      pixels[3 * pixel + c] = Math.round(grey[pixel]! * (1 - opacity) + colour * opacity);
    }
  }
  const factor = Math.max(1, Math.floor(SIDE / Math.max(height, width)));
  const png = await writePng({ width, height, channels: 3, data: pixels }, factor);
  return `data:image/png;base64,${png.toString('base64')}`;
}

/** The mean of the channels, from 0 to 255. */
function greyOf({ image, channels, bytes, partOf: { length } }: Contributing): Float32Array {
  const grey = Float32Array.from({ length }, (_, pixel) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += image[c * length + pixel]!;
    return sum / channels;
  });
  if (bytes) return grey;
  // A pixel may be missing.
  const known = grey.filter((value) => !Number.isNaN(value));
  const least = known.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const range = known.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY) - least;
  return grey.map((value) => (Number.isNaN(value) ? 128 : (255 * (value - least)) / (range || 1)));
}
