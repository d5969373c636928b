import type { Pixels } from './pixels.ts';

/** A PNG of the pixels, each side a whole factor longer. */
export async function writePng({ width, height, channels, data }: Pixels, factor = 1): Promise<Buffer> {
  // Only functions that decode images have it.
  const { default: sharp } = await import('sharp');
  return sharp(data, { raw: { width, height, channels } })
    .resize(width * factor, height * factor, { kernel: 'nearest' })
    .png()
    .toBuffer();
}
