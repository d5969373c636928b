/** Rows of a request for a model of texts, and for one of tables, which takes no bare texts. */
import { Faults } from '#domain/faults.ts';
import { LIMITS } from '#domain/limits.ts';
import { shown } from '#learning/csv/fault.ts';
import type { Cell, Row } from '#learning/predictor.ts';

type GivenRow = Row | string;

/** The text of each row: the row itself, its only value, or its value `text`. Throws `ValidationError`. */
export function textsOf(rows: readonly GivenRow[]): string[] {
  const faults = new Faults();
  const texts = rows.map((row, i) => {
    const text = textOf(row);
    if (typeof text === 'string' && text.trim() !== '' && Buffer.byteLength(text) <= LIMITS.text.bytes) return text;
    const got = typeof text === 'string' ? shown(text) : JSON.stringify(text ?? null);
    faults.add(
      `inputs[${i}]`,
      `must be a text of 1 to ${LIMITS.text.bytes} bytes, alone, in a list or as text; got ${got}`,
    );
    return '';
  });
  faults.throwIfAny();
  return texts;
}

function textOf(row: GivenRow): Cell | undefined {
  if (typeof row === 'string') return row;
  const values = Object.entries(row);
  return values.length === 1 && (Array.isArray(row) || values[0]![0] === 'text') ? values[0]![1] : undefined;
}

/** Throws `ValidationError` for a bare text. */
export function tableRows(rows: readonly GivenRow[]): Row[] {
  const faults = new Faults();
  const found = rows.flatMap((row, i) => {
    if (typeof row !== 'string') return [row];
    faults.add(`inputs[${i}]`, `must be an array or an object; got ${shown(row)}`);
    return [];
  });
  faults.throwIfAny();
  return found;
}
