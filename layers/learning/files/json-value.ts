/** The values of JSON within bytes: where each ends, and its text. */

export const CODES = {
  tab: 9,
  newline: 10,
  return: 13,
  blank: 32,
  quote: 34,
  comma: 44,
  colon: 58,
  open: { array: 91, object: 123 },
  close: { array: 93, object: 125 },
  backslash: 92,
} as const;

/** What is wrong with a record, and at which byte of it. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
}

/** What stands at a place, for messages. */
export function nameOfValue(bytes: Uint8Array, at: number, end: number): string {
  if (at >= end) return 'nothing';
  const code = bytes[at]!;
  if (code === CODES.open.array) return 'an array';
  if (code === CODES.open.object) return 'an object';
  if (code === CODES.quote) return 'a text';
  return JSON.stringify(Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(end - at, 20)).toString('utf8'));
}

export function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(bytes[at]!)) at++;
  return at;
}

export const isBlank = (code: number): boolean =>
  code === CODES.blank || code === CODES.newline || code === CODES.return || code === CODES.tab;

/** Whether it can belong to a number, `true`, `false`, `null`, or `NaN` and `-Infinity`, which Python writes. */
const isLiteral = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  code === 45 ||
  code === 43 ||
  code === 46;

const LITERALS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'NaN', 'Infinity', '-Infinity']);
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** The longest number that is looked at. */
const LITERAL_BYTES = 1200;

/** The end of a number or a word such as `true`. */
export function literalEnd(bytes: Buffer, from: number, end: number): number {
  let at = from;
  let isDigits = true;
  while (at < end && isLiteral(bytes[at]!)) {
    const code = bytes[at++]!;
    if (isDigits && (code < 48 || code > 57)) isDigits = false;
  }
  if (isDigits && at > from) return at;
  const text = at - from > LITERAL_BYTES ? '' : bytes.toString('latin1', from, at);
  if (!NUMBER.test(text) && !LITERALS.has(text)) {
    throw new JsonFault(`must be JSON; got ${nameOfValue(bytes, from, end)}`);
  }
  return at;
}

export const isNull = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start === 4 && bytes[start] === 110;

/**
 * The end of the text after its opening quote, which is before its closing one. Escapes are replaced in place, since all are
 * longer than what they stand for; `from` on, the text is as long as `length` says.
 */
export function textEnd(bytes: Buffer, from: number, end: number): { close: number; length: number } {
  for (let at = from; at < end; at++) {
    const code = bytes[at]!;
    if (code === CODES.quote) return { close: at, length: at - from };
    if (code === CODES.backslash) return unescaped(bytes, from, at, end);
    if (code < 32) throw new JsonFault(`must be JSON: a line break or control character in a text must be escaped`);
  }
  throw new JsonFault('must be JSON; a text does not end');
}

function unescaped(bytes: Buffer, from: number, firstEscape: number, end: number): { close: number; length: number } {
  let at = firstEscape;
  while (at < end && bytes[at] !== CODES.quote) at += bytes[at] === CODES.backslash ? 2 : 1;
  if (at >= end) throw new JsonFault('must be JSON; a text does not end');
  let text: unknown;
  try {
    text = JSON.parse(bytes.toString('utf8', from - 1, at + 1));
  } catch {
    throw new JsonFault('must be JSON: an escape in a text is none');
  }
  return { close: at, length: bytes.write(expectCharacters(String(text)), from, 'utf8') };
}

/** JSON can escape what is no character, or none that a cell may have. */
function expectCharacters(text: string): string {
  if (text.includes('\0')) throw new JsonFault('must not contain NUL characters; got \\u0000 in a text');
  if (text.isWellFormed()) return text;
  const lone = [...text].find((character) => !character.isWellFormed())!;
  throw new JsonFault(
    `must have whole characters; got \\u${lone.charCodeAt(0).toString(16)} in a text, which is half of one: write the other half with it, or leave it out`,
  );
}
