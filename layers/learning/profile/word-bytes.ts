/** What the bytes of a cell show before it is made into text. */
const CODE = { tab: 9, return: 13, blank: 32, plus: 43, zero: 48, nine: 57 } as const;

const isBlank = (code: number): boolean => code === CODE.blank || (code >= CODE.tab && code <= CODE.return);

/** Where the cell begins without blanks. */
export function bareStart(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(bytes[at]!)) at++;
  return at;
}

/** Where it ends without blanks. */
export function bareEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(bytes[at - 1]!)) at--;
  return at;
}

export function hasBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === CODE.blank) return true;
  return false;
}

/** More bytes than any word for "no value" or for truth, and any time or number with a unit. */
const LONG = { word: 192, number: 1100 };
/** The bytes of the longest of the usual words for "no value" and of those for truth. */
export const SHORT_WORD = 9;

const UNIT_BYTES = 3;

/** Whether it is surely no number, no time, no word of truth and, as those have at most `short` bytes, none for "no value". */
export function isSurelyWord(bytes: Uint8Array, start: number, end: number, short: number): boolean {
  if (end - start <= short) return false;
  if (end - start > LONG.number) return true;
  // Only digits make a number that is so long.
  if (end - start > LONG.word && bytes[start]! > CODE.nine) return true;
  // A letter beyond ASCII may have fewer bytes in lower case.
  const isShort = end - start <= UNIT_BYTES * short;
  for (let at = start; at < end; at++) {
    const code = bytes[at]!;
    if ((code >= CODE.zero && code <= CODE.nine) || (isShort && code >= 0x80)) return false;
  }
  return true;
}
