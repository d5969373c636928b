/** The delimiter and quote of a CSV file, detected from its beginning. */
export interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
}

/** In order of preference, for samples that fit more than one. */
const DELIMITERS = [',', ';', '\t', '|'] as const;
const QUOTES = ['"', "'"] as const;

const ENOUGH_ROWS = 200;

/**
 * Chooses the delimiter that splits the most rows into as many fields as the first row has; among equals, the one with
 * more fields. The quote is the character that encloses fields, or `"` if none does.
 *
 * @param sample the beginning of the file
 * @param whole whether `sample` is the whole file; otherwise its last row may be cut off and does not count
 */
export function detectDialect(sample: string, whole: boolean): Dialect {
  const candidates = DELIMITERS.map((delimiter) => {
    const quote = detectQuote(sample, delimiter);
    return { delimiter, quote, ...consistency(fieldCounts(sample, whole, delimiter, quote)) };
  });
  const [best] = candidates.sort((a, b) => b.agreeing - a.agreeing || b.fields - a.fields);
  return { delimiter: best!.delimiter, quote: best!.quote };
}

function detectQuote(sample: string, delimiter: string): string {
  const counts = QUOTES.map((quote) => {
    const opened = sample.split(delimiter + quote).length + sample.split(`\n${quote}`).length - 2;
    const closed = [delimiter, '\n', '\r\n'].reduce((sum, end) => sum + sample.split(quote + end).length - 1, 0);
    return Math.min(opened, closed) + (sample.startsWith(quote) && closed > 0 ? 1 : 0);
  });
  return counts[1]! > 0 && counts[0] === 0 ? QUOTES[1] : QUOTES[0];
}

/** The number of fields in each of the first rows. */
function fieldCounts(sample: string, whole: boolean, delimiter: string, quote: string): number[] {
  const counts: number[] = [];
  let fields = 1;
  let quoted = false;
  let empty = true;
  for (let i = 0; i < sample.length && counts.length < ENOUGH_ROWS; i++) {
    const character = sample[i];
    if (character === quote) quoted = !quoted;
    if (!quoted && (character === '\n' || character === '\r')) {
      if (!empty) counts.push(fields);
      fields = 1;
      empty = true;
      continue;
    }
    if (!quoted && character === delimiter) fields++;
    empty = false;
  }
  if (!empty && (whole || counts.length === 0)) counts.push(fields);
  return counts;
}

/** `agreeing` is the share of rows with as many fields as the first row, or -1 if the first row has only one. */
function consistency(counts: readonly number[]): { fields: number; agreeing: number } {
  const fields = counts[0] ?? 1;
  if (fields < 2) return { fields, agreeing: -1 };
  return { fields, agreeing: counts.filter((count) => count === fields).length / counts.length };
}
