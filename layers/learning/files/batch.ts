/** Some rows of a table, whatever its format: their cells are text, as the rules of `values` read it. */
export interface Batch {
  readonly rows: number;
  /** The cell of a row, both counted from 0. A cell without a value is ''. */
  text(row: number, column: number): string;
}

/** The rows of batches, one by one. */
export async function* rowsOf(batches: AsyncIterable<Batch>, columns: number): AsyncGenerator<readonly string[]> {
  for await (const batch of batches) {
    for (let row = 0; row < batch.rows; row++) {
      yield Array.from({ length: columns }, (_, column) => batch.text(row, column));
    }
  }
}
