/**
 * The usual spellings of "no value" beside the empty cell, in lower case: those of spreadsheets and their errors, R, pandas,
 * Python, SQL exports and the UCI repository. A cell may have any case; blanks around it do not count.
 */
const USUAL: ReadonlySet<string> = new Set([
  ...['na', 'n/a', '<na>', '#n/a', '#na', '#n/a n/a', 'n.a.', 'n. a.', 'k.a.'],
  ...['nan', '-nan', 'nat', 'null', '(null)', '#null!', 'nil', 'none', '\\n'],
  ...['#bezug!', '#zahl!', '#überlauf!', '#spill!', '#calc!', '#valeur!', '#nombre!', '#nom?', '#¡valor!', '#¡ref!'],
  ...['#div/0!', '#value!', '#ref!', '#name?', '#num!', '#nv', '#wert!'],
  ...['?', '-', '--', '.', '–', '—'],
]);

/** The longest word that may be given. */
const MISSING_CHARACTERS = 64;

export type MissingWords = ReadonlySet<string>;

/** The words that mean "no value", in lower case. Default: the usual ones. */
export const missingWords = (given?: readonly string[]): MissingWords =>
  given === undefined ? USUAL : new Set(given.map((word) => word.trim().toLowerCase()));

/** A body's `missing` for a column that has one word more. */
export const withMissingWord = (word: string, given?: readonly string[], hasUsual = false): readonly string[] => [
  ...(given ?? (hasUsual ? USUAL : [])),
  word,
];

/** Of a cell without blanks around it; the empty one has no value whatever the words. */
export function isMissing(cell: string, words: MissingWords = USUAL): boolean {
  return cell === '' || (cell.length <= MISSING_CHARACTERS && words.has(cell.toLowerCase()));
}
