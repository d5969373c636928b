/** Some rows of a table, whatever its format: their cells are text, as the rules of `values` read it. */
export interface Batch {
  readonly rows: number;
  /** The cell of a row, both counted from 0. A cell without a value is ''. */
  text(row: number, column: number): string;
}

export const batchOf = (rows: readonly (readonly string[])[]): Batch => ({
  rows: rows.length,
  text: (row, column) => rows[row]![column]!,
});

/** The first rows of a batch, or all. */
export const firstRows = (batch: Batch, columns: number, most = batch.rows): string[][] =>
  Array.from({ length: Math.min(batch.rows, most) }, (_, row) =>
    Array.from({ length: columns }, (_, column) => batch.text(row, column)),
  );

/** The rows of batches, one by one. */
export async function* rowsOf(batches: AsyncIterable<Batch>, columns: number): AsyncGenerator<readonly string[]> {
  for await (const batch of batches) {
    for (let row = 0; row < batch.rows; row++) {
      yield Array.from({ length: columns }, (_, column) => batch.text(row, column));
    }
  }
}
