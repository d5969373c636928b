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
    if (bytes[at]! >= 0xc2 && mayChange(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!)) return true;
  }
  return false;
}

type Test = (second: number, third: number) => boolean;

const always: Test = () => true;
const within =
  (from: number, to: number): Test =>
  (second) =>
    second >= from && second <= to;

/** By the first byte of a character: whether it combines with others, has another form, or is not seen. */
const CHANGING: Readonly<Record<number, Test>> = {
  194: (second) => second === 0xad,
  // Accents and other marks of Europe; Hebrew and Arabic vowels; Syriac, Thaana and N'Ko.
  ...{ 204: always, 205: always, 206: within(0x87, 0x87), 210: within(0x83, 0x87) },
  ...{ 214: within(0x91, 0xbf), 215: within(0x80, 0x87), 216: within(0x90, 0x9a) },
  217: (second) => (second >= 0x8b && second <= 0x9f) || second === 0xb0,
  ...{ 219: within(0x96, 0xad), 220: always, 221: always, 222: always, 223: always },
  // Scripts of Asia, but not the letters of Vietnam.
  224: always,
  225: (second) => second < 0xb8 || second > 0xbc,
  // Not dashes and quotes, nor the punctuation and the letters of East Asia.
  226: (second, third) => (second === 0x80 ? third <= 0x8f || third >= 0xa8 : second > 0x80),
  227: (second, third) => (second === 0x80 ? third >= 0xaa && third <= 0xaf : second === 0x82 && third >= 0x99),
  234: within(0x80, 0xaf),
  239: (second) => (second >= 0xa4 && second <= 0xad) || second === 0xb8 || second === 0xbb,
  // Not emoji, nor ideographs.
  240: (second) => second < 0x9f || second === 0xaf,
};

const mayChange = (first: number, second: number, third: number): boolean => CHANGING[first]?.(second, third) ?? false;
