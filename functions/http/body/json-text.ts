/**
 * Finds where a text stops being JSON (RFC 8259). The message of `JSON.parse` does not always have a position, and may
 * quote the text, which may contain a password.
 */

export interface JsonFault {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  readonly problem: string;
}

const WHITESPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
/** Up to a quote, a backslash or one of the controls that must be escaped: U+0000 to U+001F. */
const PLAIN = /[\u{20}-\u{21}\u{23}-\u{5b}\u{5d}-\u{10ffff}]*/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

class Fault extends Error {}

/** The first fault, or `undefined` if the text is JSON nested no deeper than `maxDepth` arrays and objects. */
export function findJsonFault(text: string, maxDepth: number): JsonFault | undefined {
  let at = 0;

  function match(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  }

  function expected(what: string): never {
    throw new Fault(at >= text.length ? `expected ${what}, but the text ends` : `expected ${what}`);
  }

  function take(character: string): boolean {
    match(WHITESPACE);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  }

  function string(what: string): void {
    if (!take('"')) expected(what);
    for (;;) {
      match(PLAIN);
      if (text[at] === '"') break;
      if (text[at] !== '\\') expected('the end of a string');
      if (!match(ESCAPE)) expected('a valid escape');
    }
    at += 1;
  }

  function members(close: string, member: () => void): void {
    if (take(close)) return;
    do member();
    while (take(','));
    if (!take(close)) expected(`"," or "${close}"`);
  }

  function member(depth: number): void {
    string('a field name in double quotes');
    if (!take(':')) expected('":"');
    value(depth);
  }

  function value(depth: number): void {
    match(WHITESPACE);
    const opening = text[at];
    if ((opening === '{' || opening === '[') && depth === maxDepth) {
      throw new Fault(`must be nested at most ${maxDepth} levels deep`);
    }
    if (opening === '"') string('a string');
    else if (take('[')) members(']', () => value(depth + 1));
    else if (take('{')) members('}', () => member(depth + 1));
    else if (!match(WORD) && !match(NUMBER)) expected('a value');
  }

  try {
    value(0);
    match(WHITESPACE);
    if (at < text.length) expected('nothing after the value');
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    let line = 1;
    let start = 0;
    for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', start)) {
      line += 1;
      start = next + 1;
    }
    return { line, column: at - start + 1, problem: error.message };
  }
}
