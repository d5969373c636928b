/** Tables that are made, where those that everybody has do not do. */
import { uniformStream } from '#engine/random.ts';
import { FEATURES } from '#learning/battery/cells.ts';
import { generateCells } from '#learning/battery/generate.ts';

/** Rows of a series, as CSV: numbers that follow each other, and one that depends on those before it. */
export function seriesCsv(rows: number): string {
  const uniform = uniformStream(1, 'series');
  const names = Array.from({ length: 4 }, (_, i) => `x${i}`);
  let level = 0;
  const lines = Array.from({ length: rows }, (_, row) => {
    const numbers = names.map((_, i) => Math.sin(row / (7 + i)) + uniform() / 4);
    level = 0.9 * level + numbers[0]! * numbers[1]!;
    return [...numbers, level].map((value) => value.toFixed(5)).join(',');
  });
  return `${[...names, 'y'].join(',')}\n${lines.join('\n')}\n`;
}

/** Square images of one channel, a row each with the label last, with every pixel as a square of `times` by `times`. */
export function enlargedCsv(text: string, times: number): string {
  const [header, ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const side = Math.sqrt(header!.length - 1);
  const places = Array.from({ length: (side * times) ** 2 }, (_, i) => {
    const [y, x] = [Math.floor(i / (side * times)), i % (side * times)];
    return Math.floor(y / times) * side + Math.floor(x / times);
  });
  const lines = rows.map((cells) => [...places.map((place) => cells[place]), cells.at(-1)].join(','));
  return `${[...places.map((_, i) => `p${i}`), header!.at(-1)].join(',')}\n${lines.join('\n')}\n`;
}

/** Cycles of two cells, with the capacity that they have lost. */
export function cellsCsv(): string {
  const names = [...FEATURES, 'capacity_loss'] as const;
  const cycles = generateCells({ seed: 1, numbers: [91, 100] }).flatMap((cell) => cell.cycles);
  const lines = cycles.map((cycle) => names.map((name) => Number(cycle[name].toPrecision(7))).join(','));
  return `${names.join(',')}\n${lines.join('\n')}\n`;
}
