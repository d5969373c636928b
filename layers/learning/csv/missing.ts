/**
 * What stands for "no value" in a cell, whatever its case, quoted or not, with blanks around it cut off: the spellings
 * of spreadsheets, R, pandas, Python, SQL exports and the UCI repository.
 */
const SPELLINGS: ReadonlySet<string> = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?', '-']);
const LONGEST = 4;

export function isMissing(cell: string): boolean {
  return cell.length <= LONGEST && SPELLINGS.has(cell.toLowerCase());
}
