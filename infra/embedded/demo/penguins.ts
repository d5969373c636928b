import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

export interface Split {
  /** A CSV file with a header. */
  readonly train: string;
  /** Rows that are not in `train`: the features in their order, `null` if missing, and the species. */
  readonly test: readonly { readonly input: readonly (number | string | null)[]; readonly species: string }[];
}

const TARGET = 'species';
const NUMBERS = /^-?\d+(\.\d+)?$/;

/** Reads the penguins and holds out every fifth for the test. */
export function splitPenguins(): Split {
  const text = readFileSync(new URL('./penguins.csv', import.meta.url), 'utf8');
  const [header, ...rows] = parse(text) as string[][];
  const target = header!.indexOf(TARGET);
  const isTest = (_: unknown, index: number): boolean => index % 5 === 4;
  const value = (cell: string) => (cell === 'NA' || cell === '' ? null : NUMBERS.test(cell) ? Number(cell) : cell);
  return {
    train: [header!, ...rows.filter((row, i) => !isTest(row, i))].map((row) => row.join(',')).join('\n'),
    test: rows.filter(isTest).map((row) => ({
      input: row.filter((_, column) => column !== target).map(value),
      species: row[target]!,
    })),
  };
}
