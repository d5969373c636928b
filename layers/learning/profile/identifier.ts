/** Recognises columns that name the rows, from which nothing can be learned about others. */
import type { ColumnSummary } from './column.ts';

/** The last word of an identifier's name: `order_id`, `orderId`, `Order ID`. */
const LAST_WORDS: ReadonlySet<string> = new Set(['id', 'uuid', 'guid', 'identifier']);
const WHOLE_NAMES: ReadonlySet<string> = new Set([
  ...['index', 'idx', 'key', 'row', 'rownum', 'row number', 'record', 'nr', 'no', '#', 'serial', 'unnamed: 0'],
  ...['lfd nr', 'laufnummer', 'index level 0'],
]);

/** An estimate of the number of distinct values is off by less than this. */
const ESTIMATE_ERROR = 0.1;
/** Whole numbers with so many digits count nothing: they do not fit into a double. */
const LONG_DIGITS = 16;
const FEW_ROWS = 10;
const TOKEN_CHARACTERS = 64;

export function isIdentifier(summary: ColumnSummary): boolean {
  const { present, allIntegers, digits, numbers } = summary;
  if (present < 2 || !isUnique(summary)) return false;
  const areWhole = allIntegers && digits.cells === present;
  const areNumbers = numbers.of('.').fits || numbers.of(',').fits;
  if (hasIdentifierName(summary.name) && (areWhole || !areNumbers)) return true;
  return areWhole && present >= FEW_ROWS && digits.most >= LONG_DIGITS;
}

/** Words that all differ, such as hashes: left out as text, but there is more to say about them. */
export const areTokens = (summary: ColumnSummary): boolean =>
  summary.present >= FEW_ROWS && !summary.hasBlanks && summary.longest <= TOKEN_CHARACTERS && isUnique(summary);

/** Each value occurs once, as far as can be told. */
export const isUnique = ({ distinct, distinctEstimated, present }: ColumnSummary): boolean =>
  distinct >= present * (distinctEstimated ? 1 - ESTIMATE_ERROR : 1);

function hasIdentifierName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[\s_.-]+/)
    .filter((word) => word !== '');
  return WHOLE_NAMES.has(words.join(' ')) || LAST_WORDS.has(words.at(-1) ?? '');
}
