/** Unpacks Snappy by WebAssembly, whose memory is used again for the next page. */
import { snappyUncompressor } from 'hysnappy';

type Unpack = (packed: Uint8Array, length: number) => Uint8Array;

/** Memory of WebAssembly never becomes smaller: of larger pages it is not kept. */
const KEPT_BYTES = 16 * 1_048_576;

let kept: Unpack | undefined;

/**
 * In the memory may be what an earlier page has left. The library writes all bytes that the data announce, no others, or
 * throws; that these are `length` is seen to here.
 * @throws Error where the bytes are damaged, or do not unpack to `length`
 */
export function snappyUnpacked(packed: Uint8Array, length: number): Uint8Array {
  if (announced(packed) !== length) throw damaged();
  const isLarge = packed.length + length > KEPT_BYTES;
  const unpack = isLarge ? snappyUncompressor() : (kept ?? snappyUncompressor());
  // What has thrown is not used again.
  kept = isLarge ? kept : undefined;
  try {
    const found = unpack(packed, length);
    if (!isLarge) kept = unpack;
    return found;
  } catch (error) {
    throw damaged({ cause: error });
  }
}

/** The length stands in front, seven bits a byte. */
function announced(packed: Uint8Array): number {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = packed[at] ?? 0x80;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return length;
  }
  return Number.NaN;
}

const damaged = (options?: ErrorOptions) => new Error('its Snappy data are damaged', options);
