/** Looks for weights that no training can start from: NaN, and what is infinite in the 32 bits that a network computes with. */
import type { RandomAccess } from '#domain/random-access.ts';
import type { Tensor } from '#engine/tensor.ts';
import type { StoredTensors } from './stored-tensor.ts';

/** Tensors that are larger, or that share their memory with so many that together they have more than the file, are left out. */
const MOST_BYTES = 2 ** 28;
const AHEAD_BYTES = 8 * 2 ** 20;

/** All bits of the exponent. */
const EXPONENT = { float16: 0x7c00, bfloat16: 0x7f80 } as const;

/** Whether all of its numbers are finite as float32. */
export function areFinite({ dtype, data }: Tensor): boolean {
  if (dtype === 'float32' || dtype === 'float64') {
    return (data as Float32Array | Float64Array).every((value) => Number.isFinite(Math.fround(value)));
  }
  if (dtype !== 'float16' && dtype !== 'bfloat16') return true;
  const exponent = EXPONENT[dtype];
  return (data as Uint16Array).every((bits) => (bits & exponent) !== exponent);
}

/**
 * The name of the first tensor with a number that is not finite.
 * @param most the bytes that are read together
 * @throws WeightsError
 */
export async function notFinite(tensors: StoredTensors, most: number): Promise<string | undefined> {
  let left = most;
  for (const { name, span, read } of tensors.values()) {
    if (span > MOST_BYTES || span > left) continue;
    left -= span;
    if (!areFinite(await read())) return name;
  }
  return undefined;
}

/** The same file, for whoever reads small pieces one after another: each read is of at least 8 MiB, if there are so many. */
export function readingAhead(file: RandomAccess): RandomAccess {
  let [from, bytes]: [number, Uint8Array] = [0, new Uint8Array()];
  return {
    size: file.size,
    async read(start, end) {
      if (start < from || end > from + bytes.length) {
        const to = Math.max(end, Math.min(file.size, start + AHEAD_BYTES));
        [from, bytes] = [start, await file.read(start, to)];
      }
      return bytes.subarray(start - from, end - from);
    },
  };
}
