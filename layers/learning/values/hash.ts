/**
 * Hashes of 52 bits, which a double holds exactly: two multiplicative hashes of 32 bits (after FNV-1a, four bytes at a time),
 * each finalised with MurmurHash3's mixer.
 */
export const SEED = { a: 0x811c9dc5, b: 0x1b873593 } as const;
export const FACTOR = { a: 0x01000193, b: 0x85ebca6b } as const;
/** Of MurmurHash3's mixer. */
export const MIXER = [0x85ebca6b, 0xc2b2ae35] as const;

export function hashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let a = SEED.a ^ (end - start);
  let b: number = SEED.b;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    a = Math.imul(a ^ word, FACTOR.a);
    a ^= a >>> 13;
    b = Math.imul(b ^ word, FACTOR.b) ^ (b >>> 15);
  }
  for (; at < end; at++) {
    a = Math.imul(a ^ bytes[at]!, FACTOR.a);
    b = Math.imul(b ^ bytes[at]!, FACTOR.b) ^ (b >>> 15);
  }
  return joined(a, b);
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** The same for equal numbers, however they were written. */
export function hashOfNumber(value: number): number {
  const upper = leastHash(value);
  const b = Math.imul(Math.imul(halves[1]! ^ SEED.b, FACTOR.b) ^ halves[0]!, FACTOR.a);
  return upper + (mix(b ^ (b >>> 15)) >>> 12);
}

/** The hash of a number with its lower 20 bits 0: it takes half the time. */
export function leastHash(value: number): number {
  // Adding 0 makes -0 and 0 the same.
  double[0] = value + 0;
  const a = Math.imul(Math.imul(halves[0]! ^ SEED.a, FACTOR.b) ^ halves[1]!, FACTOR.a);
  return (mix(a ^ (a >>> 13)) >>> 0) * 2 ** 20;
}

const joined = (a: number, b: number): number => (mix(a) >>> 0) * 2 ** 20 + (mix(b) >>> 12);

function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, MIXER[0]);
  h ^= h >>> 13;
  h = Math.imul(h, MIXER[1]);
  return h ^ (h >>> 16);
}
