/** Pairs of words for false and true. A column is boolean if all its values come from one pair. */
export const BOOLEAN_WORDS = [
  ['false', 'true'],
  ['no', 'yes'],
  ['f', 't'],
  ['n', 'y'],
  ['off', 'on'],
  ['nein', 'ja'],
  ['falsch', 'wahr'],
  ['non', 'oui'],
  ['faux', 'vrai'],
] as const;
const BOOLEAN_CHARACTERS = Math.max(...BOOLEAN_WORDS.flat().map((word) => word.length));

interface Truth {
  readonly pair: number;
  readonly value: boolean;
}

const WORDS = new Map<string, Truth>(
  BOOLEAN_WORDS.flatMap((words, pair) => words.map((word, side) => [word, { pair, value: side === 1 }] as const)),
);

/** The pair that the word belongs to, and its value. Case does not matter. Undefined for anything else. */
export function parseBoolean(cell: string): Truth | undefined {
  return cell.length > BOOLEAN_CHARACTERS ? undefined : WORDS.get(cell.toLowerCase());
}
