/**
 * The spellings of "no value", in lower case: those of spreadsheets, R, pandas, Python, SQL exports and the UCI
 * repository. A cell may have any case and may be quoted; blanks around it do not count.
 */
const SPELLINGS: ReadonlySet<string> = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?', '-']);
const LONGEST = 4;

export function isMissing(cell: string): boolean {
  return cell.length <= LONGEST && SPELLINGS.has(cell.toLowerCase());
}
