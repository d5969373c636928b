/** Rows of a request for a model of texts. */
import { Faults } from '#domain/faults.ts';
import { LIMITS } from '#domain/limits.ts';
import { shown } from '#learning/csv/fault.ts';
import type { Input } from '#learning/predictor.ts';

/** The text of each row: the row itself, its only value, or its value `text`. Throws `ValidationError`. */
export function textsOf(rows: readonly Input[]): string[] {
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

function textOf(row: Input): unknown {
  if (typeof row === 'string') return row;
  const values = Object.entries(row);
  return values.length === 1 && (Array.isArray(row) || values[0]![0] === 'text') ? values[0]![1] : undefined;
}
