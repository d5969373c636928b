/**
 * Unpacks Snappy (google/snappy, format_description.txt): a length, then literals, which are bytes, and copies of bytes that
 * were unpacked before. Long ones are moved in one go, which a loop over bytes takes many times as long for.
 */
const LITERAL = 0;
/** From so many bytes on, a call costs less than a loop. */
const LONG = 24;

/** @throws Error where the bytes are damaged, or do not unpack to `length` */
export function snappyUnpacked(packed: Uint8Array, length: number): Uint8Array {
  const found = new Uint8Array(length);
  let at = behindLength(packed);
  let to = 0;
  while (at < packed.length) {
    const tag = packed[at++]!;
    if ((tag & 3) === LITERAL) {
      const extra = Math.max(0, (tag >>> 2) - 59);
      const size = (extra === 0 ? tag >>> 2 : littleEndian(packed, at, extra)) + 1;
      at += extra;
      if (at + size > packed.length || to + size > length) throw damaged();
      if (size >= LONG) found.set(packed.subarray(at, at + size), to);
      else for (let i = 0; i < size; i++) found[to + i] = packed[at + i]!;
      at += size;
      to += size;
      continue;
    }
    let size = (tag >>> 2) + 1;
    let back: number;
    if ((tag & 3) === 1) {
      size = ((tag >>> 2) & 7) + 4;
      back = ((tag >>> 5) << 8) | packed[at++]!;
    } else if ((tag & 3) === 2) {
      back = packed[at]! | (packed[at + 1]! << 8);
      at += 2;
    } else {
      back = littleEndian(packed, at, 4);
      at += 4;
    }
    if (at > packed.length) throw damaged();
    if (back === 0 || back > to || to + size > length) throw damaged();
    if (size >= LONG && back >= size) found.copyWithin(to, to - back, to - back + size);
    // What is copied may overlap what it is copied to: then it repeats.
    else for (let i = 0; i < size; i++) found[to + i] = found[to + i - back]!;
    to += size;
  }
  if (to !== length) throw damaged();
  return found;
}

/** The length stands in front, seven bits a byte; the page says it as well. */
function behindLength(packed: Uint8Array): number {
  let at = 0;
  while (at < packed.length && packed[at]! >= 0x80) at++;
  return at + 1;
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  if (at + count > bytes.length) throw damaged();
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
  return value;
}

const damaged = () => new Error('its Snappy data are damaged');
