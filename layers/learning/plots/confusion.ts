import { draw } from './draw.ts';

/** With more classes, their names and numbers are too small to be read. */
const MOST_CLASSES = 40;
/** Widths in characters as most are: of a name at most, and of each of its ends where it is cut. */
const NAME = { most: 18, ends: 8.5 };
/** In pixels. */
const CHARACTER_WIDTH = 8;
const MARGIN = 16;
const TITLE_WIDTH = 290;
const CELL = { least: 26, most: 64 };
/** A square of so many cells is large enough for numbers in them. */
const NUMBERED_CLASSES = 20;

/** `undefined` where there are too many classes for a picture. */
export function drawConfusion(classes: readonly string[], counts: readonly (readonly number[])[]): string | undefined {
  if (classes.length > MOST_CLASSES) return undefined;
  const side = classes.length * Math.max(CELL.least, Math.min(CELL.most, Math.floor(480 / classes.length)));
  const largest = Math.max(1, ...counts.flat());
  // Names that are cut may become the same: the axes go by position.
  const names = classes.map(cut);
  const nameWidth = CHARACTER_WIDTH * Math.ceil(Math.max(...names.map((name) => widthOf([...name]))));
  const left = nameWidth + MARGIN + 30;
  /** Below the square, where names are turned by 45°. */
  const slanted = Math.round(nameWidth * Math.SQRT1_2) + 2 * MARGIN;
  const axis = {
    ...{ type: 'category', data: names.map((value) => ({ value })), splitArea: { show: false } },
    ...{ nameLocation: 'middle', nameGap: nameWidth + MARGIN },
  };
  return draw(
    { width: Math.max(left + side + 40, TITLE_WIDTH), height: side + slanted + 80 },
    {
      title: { text: 'True by predicted classes', left: 'center' },
      grid: { left, top: 50, width: side, height: side, outerBoundsMode: 'none' },
      xAxis: { ...axis, name: 'predicted', nameGap: slanted, axisLabel: { interval: 0, rotate: 45 } },
      yAxis: { ...axis, name: 'true', inverse: true, axisLabel: { interval: 0 } },
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

const widthOf = (characters: readonly string[]): number =>
  characters.reduce(
    (sum, character) => sum + (character.codePointAt(0)! >= FIRST_WIDE ? 2 : /[A-Zmw@%]/.test(character) ? 1.4 : 1),
    0,
  );

/** From here on, most characters are Chinese, Japanese, Korean, or pictures. */
const FIRST_WIDE = 0x2e80;

/** In the middle: names that are long often differ at their end. */
function cut(name: string): string {
  const characters = [...name];
  if (widthOf(characters) <= NAME.most) return name;
  const beginning = fitting(characters);
  const end = fitting(characters.toReversed()).toReversed();
  return `${beginning.join('')}…${end.join('')}`;
}

/** The first characters that are not wider than an end. */
function fitting(characters: readonly string[]): string[] {
  const taken: string[] = [];
  for (const character of characters) {
    if (widthOf([...taken, character]) > NAME.ends) return taken;
    taken.push(character);
  }
  return taken;
}
