/**
 * Regular expressions as a document may have them: JSON Schema's are ECMAScript's, but many of its readers are in other
 * languages, of which not all know `\p{…}` and `\u{…}`, and to which `\d`, `\s` and `\w` mean other characters.
 */

/** Of ECMAScript, as members of a class. */
const CLASSES: Readonly<Record<string, string>> = {
  '\\d': '0-9',
  '\\w': 'A-Za-z0-9_',
  '\\s': ' \\t\\n\\x0b\\x0c\\r\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff',
  '\\p{Cc}': '\\x00-\\x1f\\x7f-\\x9f',
};
const COMPLEMENTS: Readonly<Record<string, string>> = {
  '\\D': '\\d',
  '\\W': '\\w',
  '\\S': '\\s',
  '\\P{Cc}': '\\p{Cc}',
};

const TOKEN = /\\u\{[0-9a-fA-F]+\}|\\[pP]\{[^}]*\}|\\?./gsu;

/** A pattern that matches the same texts and can be read anywhere. Throws `TypeError` for what cannot be said so. */
export function portablePattern(source: string): string {
  let within = false;
  const portable = (token: string): string => {
    if (token === '[' || token === ']') {
      within = token === '[';
      return token;
    }
    const [members, complement] = [CLASSES[token], CLASSES[COMPLEMENTS[token] ?? '']];
    if (members !== undefined) return within ? members : `[${members}]`;
    if (complement !== undefined && !within) return `[^${complement}]`;
    if (complement !== undefined || /^\\(?:u\{|[pP]\{)/.test(token)) {
      throw new TypeError(`${token} in the pattern ${source} cannot be read everywhere: override it for the document`);
    }
    return token;
  };
  return source.replace(TOKEN, portable);
}

/** The same for every pattern in a document of JSON Schemas. */
export function withPortablePatterns<T>(document: T): T {
  if (typeof document !== 'object' || document === null) return document;
  if (Array.isArray(document)) return document.map(withPortablePatterns) as T;
  const { pattern } = document as { pattern?: unknown };
  const entries = Object.entries(document).map(([name, value]) => [name, withPortablePatterns(value)]);
  return {
    ...Object.fromEntries(entries),
    ...(typeof pattern === 'string' ? { pattern: portablePattern(pattern) } : {}),
  };
}
