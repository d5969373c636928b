/** Pixels in memory, and how their channels are changed: with the bytes that Pillow gives. */

export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  /** Row by row, the channels of a pixel side by side. */
  readonly data: Uint8Array;
}

export type Channels = 1 | 3;

/** ITU-R 601-2 in 16 bits, as Pillow computes it. */
export const LUMA = { red: 19_595, green: 38_470, blue: 7_471, half: 32_768, one: 65_536 } as const;

export function withChannels(image: Pixels, channels: Channels): Pixels {
  if (image.channels === channels) return image;
  const count = image.width * image.height;
  const data = new Uint8Array(count * channels);
  if (channels === 3) {
    for (let i = 0; i < count; i++) data.fill(image.data[i]!, 3 * i, 3 * i + 3);
  } else {
    for (let i = 0; i < count; i++) {
      const [r, g, b] = [image.data[3 * i]!, image.data[3 * i + 1]!, image.data[3 * i + 2]!];
      data[i] = (r * LUMA.red + g * LUMA.green + b * LUMA.blue + LUMA.half) >>> 16;
    }
  }
  return { ...image, channels, data };
}

/** Three planes as one. */
export function greyPlane(planes: Uint8Array | Float32Array): Float32Array {
  const size = planes.length / 3;
  const isBytes = planes instanceof Uint8Array;
  return Float32Array.from({ length: size }, (_, i) => {
    const sum = planes[i]! * LUMA.red + planes[size + i]! * LUMA.green + planes[2 * size + i]! * LUMA.blue;
    return isBytes ? (sum + LUMA.half) >>> 16 : sum / LUMA.one;
  });
}

/** Writes the image as one plane for each channel: [channels, height, width]. */
export function writePlanes({ width, height, channels, data }: Pixels, into: Uint8Array): void {
  const count = width * height;
  for (let c = 0; c < channels; c++) for (let i = 0; i < count; i++) into[c * count + i] = data[i * channels + c]!;
}
