/** Lines before the header: comments, or the title of a report. */

/** What stands before the header. */
export interface Preamble {
  readonly lines: number;
  /** The first of them. */
  readonly first: string;
  /** Characters, line breaks among them. */
  readonly length: number;
}

/** Nobody writes a longer one. */
const MOST_LINES = 50;
/** Rows that have to be alike behind a title. */
const ROWS = 20;

interface Line {
  readonly text: string;
  readonly end: number;
}

/**
 * The comments, each behind a `#`, or the title before the header; undefined if there are none. A title is a line with one
 * field, and there is an empty line between it and the header: a table of one column has none.
 */
export function preambleOf(sample: string, whole: boolean, delimiters: readonly string[]): Preamble | undefined {
  const lines = linesOf(sample, whole, MOST_LINES + ROWS);
  const count = commentsIn(lines, delimiters) || titleIn(lines, delimiters);
  if (count === 0) return undefined;
  return { lines: count, first: lines[0]!.text.trim(), length: lines[count - 1]!.end };
}

function linesOf(sample: string, whole: boolean, most: number): Line[] {
  const lines: Line[] = [];
  const breaks = /\r\n|\n|\r/g;
  let start = 0;
  while (lines.length < most) {
    const found = breaks.exec(sample);
    if (!found) break;
    const end = breaks.lastIndex;
    lines.push({ text: sample.slice(start, found.index), end });
    start = end;
  }
  if (whole && start < sample.length && lines.length < most)
    lines.push({ text: sample.slice(start), end: sample.length });
  return lines;
}

/** `#id` is the name of a column where the line has as many fields as the next one. */
function commentsIn(lines: readonly Line[], delimiters: readonly string[]): number {
  let count = 0;
  while (lines[count]?.text.startsWith('#')) count++;
  const next = lines[count]?.text;
  if (count === 0 || next === undefined || count > MOST_LINES) return 0;
  const last = lines[count - 1]!.text;
  const isHeader =
    /^#[^#\s]/.test(last) &&
    delimiters.some((delimiter) => {
      const fields = last.split(delimiter).length;
      return fields > 1 && fields === next.split(delimiter).length;
    });
  return isHeader ? count - 1 : count;
}

function titleIn(lines: readonly Line[], delimiters: readonly string[]): number {
  const counts = delimiters.map((delimiter) => titleBy(lines, delimiter));
  return Math.max(0, ...counts);
}

function titleBy(lines: readonly Line[], delimiter: string): number {
  const filled = lines.map(
    ({ text }) => text.split(delimiter).filter((field) => field.replace(/["\s]/g, '') !== '').length,
  );
  const header = filled.findIndex((fields) => fields > 1);
  // Between the title and the header is a line without anything.
  if (header < 2 || filled[0] !== 1 || filled[header - 1] !== 0) return 0;
  const rows = lines.slice(header, header + ROWS).filter(({ text }) => text.trim() !== '');
  const [names, ...others] = rows.map(({ text }) => text.split(delimiter).length);
  return others.length > 0 && others.every((fields) => fields === names) ? header : 0;
}
