const HEIGHT = 8;
const WIDTH = 60;

export interface Series {
  readonly mark: string;
  readonly name: string;
  readonly values: readonly number[];
}

/** A learning curve in plain text: epochs from left to right, one mark per series, the axis labelled at its ends. */
export function chart(series: readonly Series[]): string {
  const all = series.flatMap((one) => one.values);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const rows = Array.from({ length: HEIGHT }, () => Array.from({ length: WIDTH }, () => ' '));
  for (const { mark, values } of series) {
    for (let x = 0; x < WIDTH; x++) {
      const value = values[Math.round((x / (WIDTH - 1)) * (values.length - 1))];
      if (value === undefined) continue;
      const y = high === low ? 0 : Math.round(((value - low) / (high - low)) * (HEIGHT - 1));
      rows[HEIGHT - 1 - y]![x] = mark;
    }
  }
  const label = (row: number): string => (row === 0 ? high : row === HEIGHT - 1 ? low : undefined)?.toFixed(3) ?? '';
  const lines = rows.map((row, i) => `${label(i).padStart(8)} │${row.join('')}`);
  const epochs = Math.max(...series.map((one) => one.values.length));
  const legend = series.map((one) => `${one.mark} ${one.name}`).join('   ');
  return [...lines, `${' '.repeat(8)} └${'─'.repeat(WIDTH)}`, `${' '.repeat(10)}1 … ${epochs} epochs   ${legend}`].join(
    '\n',
  );
}
