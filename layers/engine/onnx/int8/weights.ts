/** Float32 weights as integers from -127 to 127, with a scale for each channel: symmetric, so that 0 stays 0. */
import { sizeOf } from '../../type.ts';

export interface Int8Weights {
  readonly values: Int8Array;
  /** One for each index of the axis. */
  readonly scales: Float32Array;
}

const MOST = 127;

/** `undefined` for weights of which some are not finite. Each differs by at most half of its channel's scale. */
export function int8Weights(data: Float32Array, shape: readonly number[], axis: number): Int8Weights | undefined {
  const channels = shape[axis] ?? 1;
  /** How many elements follow one another in one channel. */
  const run = sizeOf(shape.slice(axis + 1));
  const scales = new Float32Array(channels);
  const channelOf = (i: number) => Math.floor(i / run) % channels;
  // Loops, because there may be hundreds of millions of weights.
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(data[i]!);
    if (!Number.isFinite(size)) return undefined;
    const channel = channelOf(i);
    if (size > scales[channel]!) scales[channel] = size;
  }
  for (const [channel, largest] of scales.entries()) {
    const scale = Math.fround(largest / MOST);
    // A channel of zeros, or of numbers too small to be divided.
    scales[channel] = scale === 0 ? 1 : scale;
  }
  const values = new Int8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const scaled = Math.round(data[i]! / scales[channelOf(i)]!);
    values[i] = Math.max(-MOST, Math.min(MOST, scaled));
  }
  return { values, scales };
}
