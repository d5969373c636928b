/** Unpacks the beginning of Snappy data alone, where their end may not even have been read (google/snappy, format_description.txt). */

/** The two lowest bits of an element's first byte. */
const LITERAL = 0;
const COPY_OF_ONE_BYTE = 1;

/** Lengths of literals from here on stand in so many bytes behind the first one. */
const LONG_LITERAL = 60;

/** At most `most` bytes; fewer where the packed bytes end before. Throws `Error` where they are damaged. */
export function snappyBeginning(packed: Uint8Array, most: number): Uint8Array {
  const found = new Uint8Array(most);
  let at = 0;
  // The length of all comes first.
  while (packed[at]! >= 0x80) at++;
  at++;
  let length = 0;
  while (length < most && at < packed.length) {
    const tag = packed[at++]!;
    const kind = tag & 3;
    if (kind === LITERAL) {
      let count = tag >> 2;
      if (count >= LONG_LITERAL) {
        const bytes = count - LONG_LITERAL + 1;
        if (at + bytes > packed.length) break;
        count = littleEndian(packed, at, bytes);
        at += bytes;
      }
      const some = packed.subarray(at, at + Math.min(count + 1, most - length));
      found.set(some, length);
      length += some.length;
      at += count + 1;
      continue;
    }
    const bytes = kind === COPY_OF_ONE_BYTE ? 1 : 2 * (kind - 1);
    if (at + bytes > packed.length) break;
    const near = littleEndian(packed, at, bytes);
    at += bytes;
    const back = kind === COPY_OF_ONE_BYTE ? ((tag >> 5) << 8) | near : near;
    if (back === 0 || back > length) throw new Error('its Snappy data are damaged');
    const end = Math.min(most, length + (kind === COPY_OF_ONE_BYTE ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1));
    // What is copied may overlap with where it goes.
    for (; length < end; length++) found[length] = found[length - back]!;
  }
  return found.subarray(0, length);
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
  return value;
}
