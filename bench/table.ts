/** One measurement as it is printed. */
export type Line = Readonly<Record<string, string | number | null>>;

/** The lines below each other, a column for each key that any of them has; numbers with three digits that matter. */
export function tableOf(lines: readonly Line[]): string {
  const columns = [...new Set(lines.flatMap((line) => Object.keys(line)))];
  const rows = [columns, ...lines.map((line) => columns.map((column) => cell(line[column])))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const aligned = rows.map((row) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))),
  );
  return aligned.map((row) => `${row.join('  ').trimEnd()}\n`).join('');
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : String(Number(value.toPrecision(3)));
}
