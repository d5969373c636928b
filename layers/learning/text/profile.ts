/** Reads a file of labelled texts to its end and describes it, as a dataset's profile does. */
import { createHash, type Hash } from 'node:crypto';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { TextFormat } from '#domain/datasets/record.ts';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { readTexts } from './rows.ts';

/** @throws ValidationError naming the row, or the label beyond those that a file may have */
export async function profileTexts(bytes: AsyncIterable<Uint8Array>, format: TextFormat): Promise<DatasetProfile> {
  const hash = createHash('sha256');
  const counts = new Map<string, number>();
  const texts = new Set<string>();
  let rows = 0;
  for await (const { text, label, row } of readTexts(hashed(bytes, hash), format)) {
    rows++;
    counts.set(label, (counts.get(label) ?? 0) + 1);
    texts.add(createHash('sha1').update(text).digest('base64'));
    if (counts.size > LIMITS.text.labels) {
      throw ValidationError.of(
        `row ${row}`,
        `a file must have at most ${LIMITS.text.labels} different labels; got more`,
      );
    }
  }
  const classes = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
  const column = { missing: 0, distinct_estimated: false };
  return {
    rows,
    columns: [
      { name: 'text', type: 'text', distinct: texts.size, ...column },
      { name: 'label', type: 'category', distinct: counts.size, ...column, top_values: classes },
    ],
    features: ['text'],
    target: 'label',
    task: 'classification',
    classes,
    rows_without_target: 0,
    delimiter: ',',
    quote: '"',
    sha256: hash.digest('hex'),
  };
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
