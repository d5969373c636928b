/** Reads cells from a CSV file, so that measured ones can be brought. */
import type { ValidationError } from '#domain/errors.ts';
import { fileFault, shown } from '../csv/fault.ts';
import { readCsv } from '../csv/read.ts';
import { expectDistinctNames } from '../csv/record-check.ts';
import { parseNumber } from '../values/number.ts';
import { CELL, type Cell, type Cycle, FEATURES, TARGETS } from './cells.ts';

const NUMBERS = [...FEATURES, ...TARGETS] as const;

/**
 * Cells in the order of their first rows, each with its cycles in ascending order. Other columns are ignored.
 * @throws ValidationError with field `file`, naming the missing column, or the row and its value
 */
export async function readCells(bytes: AsyncIterable<Uint8Array>): Promise<Cell[]> {
  const { header, rows } = await readCsv(bytes);
  expectDistinctNames(header);
  const missing = [CELL, ...NUMBERS].filter((name) => !header.includes(name));
  if (missing.length > 0) {
    await rows.return(undefined);
    throw fileFault(`must have the columns ${[CELL, ...NUMBERS].join(', ')}; ${missing.join(', ')} are missing`);
  }
  const cells = new Map<string, Cycle[]>();
  let at = 0;
  for await (const row of rows) {
    at++;
    const name = row[header.indexOf(CELL)]!;
    if (name === '') throw rowFault(at, CELL, 'must name the cell', name);
    const values = NUMBERS.map((column) => {
      const text = row[header.indexOf(column)]!;
      const value = parseNumber(text);
      if (!Number.isFinite(value)) throw rowFault(at, column, 'must be a number', text);
      return [column, value] as const;
    });
    const cycles = cells.get(name);
    const cycle = Object.fromEntries(values) as Cycle;
    if (cycles) cycles.push(cycle);
    else cells.set(name, [cycle]);
  }
  return [...cells].map(([name, cycles]) => ({ name, cycles: cycles.toSorted((a, b) => a.cycle - b.cycle) }));
}

const rowFault = (row: number, column: string, rule: string, value: string): ValidationError =>
  fileFault(`row ${row}, column ${shown(column)} ${rule}; got ${shown(value)}`);
