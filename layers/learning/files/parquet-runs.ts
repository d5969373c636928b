/**
 * Reads whole numbers of few bits as Parquet writes levels and places in a dictionary: runs of one number, and numbers packed
 * one behind the other (parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid").
 */
/** Of one number, which four bytes hold wherever in a byte it begins. */
const MOST_BITS = 25;
const GROUP = 8;

/** Memory that is used again for the next page. */
export class RunsMemory {
  #numbers = new Uint32Array();

  of(count: number): Uint32Array {
    if (this.#numbers.length < count) this.#numbers = new Uint32Array(count);
    return this.#numbers.subarray(0, count);
  }
}

/**
 * Reads `count` numbers of `width` bits from the bytes between `start` and `end`.
 * @param memory what they are read into. Default: memory of their own
 * @throws Error where there are fewer
 */
export function readRuns(
  page: Uint8Array,
  start: number,
  end: number,
  width: number,
  count: number,
  memory = new RunsMemory(),
): Uint32Array {
  if (width > MOST_BITS) throw new Error(`a number must have at most ${MOST_BITS} bits; got ${width}`);
  const found = memory.of(count);
  const bytes = page.subarray(0, Math.min(end, page.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = (width + 7) >> 3;
  let at = start;
  for (let seen = 0; seen < count; ) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= bytes.length || shift > 28) throw new Error('its runs are fewer than announced');
      const byte = bytes[at++]!;
      header |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const times = header >>> 1;
    if ((header & 1) === 0) {
      if (at + size > bytes.length) throw new Error('a run has no number');
      const stop = Math.min(count, seen + times);
      found.fill(littleEndian(view, at, size), seen, stop);
      at += size;
      seen = stop;
    } else {
      const some = Math.min(count - seen, times * GROUP);
      unpack(view, at, { width, found, from: seen, to: seen + some });
      at += times * width;
      seen += some;
    }
  }
  return found;
}

/** Whether they are all this number of at most eight bits, in one run: then there is nothing to unpack. */
export function isOneRun(page: Uint8Array, start: number, end: number, number: number, count: number): boolean {
  let header = 0;
  for (let [at, shift] = [start, 0]; at < end && shift <= 28; at++, shift += 7) {
    const byte = page[at]!;
    header |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (header & 1) === 0 && header >>> 1 >= count && at + 1 < end && page[at + 1] === number;
  }
  return false;
}

interface Packed {
  readonly width: number;
  readonly found: Uint32Array;
  readonly from: number;
  readonly to: number;
}

function unpack(view: DataView, at: number, { width, found, from, to }: Packed): void {
  if (at + (((to - from) * width + 7) >> 3) > view.byteLength)
    throw new Error('its packed numbers are fewer than announced');
  const mask = 2 ** width - 1;
  // The last ones may lie in fewer than four bytes.
  const whole = Math.min(to, from + Math.max(0, Math.floor(((view.byteLength - at - 4) * 8) / Math.max(1, width))));
  // Not together in an array: each step of the loop would make objects of them.
  let i = from;
  let bit = 0;
  for (; i < whole; i++, bit += width) found[i] = (view.getUint32(at + (bit >>> 3), true) >>> (bit & 7)) & mask;
  for (; i < to; i++, bit += width) {
    const first = at + (bit >>> 3);
    found[i] = (littleEndian(view, first, Math.min(4, view.byteLength - first)) >>> (bit & 7)) & mask;
  }
}

function littleEndian(view: DataView, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = (value << 8) | view.getUint8(at + i);
  return value >>> 0;
}
