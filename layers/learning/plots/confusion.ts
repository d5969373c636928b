import { draw } from './draw.ts';

/** With more classes, their names and numbers are too small to be read. */
const MOST_CLASSES = 40;
const LABEL_CHARACTERS = 16;
const CELL = { least: 26, most: 64 };
/** A square of so many cells is large enough for numbers in them. */
const NUMBERED_CLASSES = 20;

/** `undefined` where there are too many classes for a picture. */
export function drawConfusion(classes: readonly string[], counts: readonly (readonly number[])[]): string | undefined {
  if (classes.length > MOST_CLASSES) return undefined;
  const side = classes.length * Math.max(CELL.least, Math.min(CELL.most, Math.floor(480 / classes.length)));
  const largest = Math.max(1, ...counts.flat());
  // Names that are cut may become the same: the axes go by position.
  const names = classes.map((name) =>
    name.length > LABEL_CHARACTERS ? `${name.slice(0, LABEL_CHARACTERS - 1)}…` : name,
  );
  const category = { type: 'category', data: names.map((value) => ({ value })), splitArea: { show: false } };
  return draw(
    { width: side + 230, height: side + 190 },
    {
      title: { text: 'True by predicted classes', left: 'center' },
      grid: { left: 150, top: 60, width: side, height: side },
      xAxis: {
        ...category,
        name: 'predicted',
        nameLocation: 'middle',
        nameGap: 100,
        axisLabel: { interval: 0, rotate: 45 },
      },
      yAxis: { ...category, name: 'true', nameLocation: 'start', inverse: true, axisLabel: { interval: 0 } },
      visualMap: { min: 0, max: largest, show: false, inRange: { color: ['#f7fbff', '#6baed6', '#08306b'] } },
      series: [
        {
          type: 'heatmap',
          label: { show: classes.length <= NUMBERED_CLASSES },
          data: counts.flatMap((row, truth) => row.map((count, predicted) => [predicted, truth, count])),
        },
      ],
    },
  );
}
