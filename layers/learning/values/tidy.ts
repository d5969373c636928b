/** Characters that nobody sees and that two texts may differ in all the same: blanks without width, soft hyphens, marks of direction. */
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
const BEYOND_ASCII = /[^\p{ASCII}]/u;

/** A cell as it is compared: composed (NFC), without what nobody sees, and without blanks around it. */
export function tidy(cell: string): string {
  const bare = cell.trim();
  return BEYOND_ASCII.test(bare) ? bare.replace(INVISIBLE, '').normalize('NFC').trim() : bare;
}

/** Whether `tidy` may change a text that begins and ends with no ASCII blank, by its bytes in UTF-8. */
export function mayBeUntidy(bytes: Uint8Array, start: number, end: number): boolean {
  // Of other blanks, such as U+00A0.
  if (bytes[start]! >= 0x80 || bytes[end - 1]! >= 0x80) return true;
  for (let at = start; at < end; at++) {
    if (bytes[at]! >= 0xc2 && mayChange(bytes[at]!, bytes[at + 1]!)) return true;
  }
  return false;
}

/** By the first two bytes of a character: whether it combines with others, has another form, or is not seen. */
function mayChange(first: number, second: number): boolean {
  switch (first) {
    case 0xc2: // The soft hyphen.
      return second === 0xad;
    case 0xcc: // Accents and other marks.
    case 0xcd:
    case 0xe0: // Scripts of India.
      return true;
    case 0xe1: // Parts of Hangul.
      return second >= 0x84 && second <= 0x87;
    case 0xe2: // Punctuation, and signs that are letters.
      return second === 0x80 || second === 0x81 || second === 0x84;
    case 0xe3: // Kana.
      return second >= 0x81 && second <= 0x83;
    case 0xef: // Ideographs for compatibility, and the byte-order mark.
      return (second >= 0xa4 && second <= 0xab) || second === 0xbb;
    default:
      return false;
  }
}
