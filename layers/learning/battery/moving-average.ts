/** The mean of each value and those before it, `width` in all; there are `width` − 1 fewer than values. */
export function movingAverages(values: readonly number[], width: number): number[] {
  return values
    .slice(width - 1)
    .map((_, i) => values.slice(i, i + width).reduce((sum, value) => sum + value, 0) / width);
}
