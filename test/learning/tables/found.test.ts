/** The files of test/fixtures/tables: what is right about each, from the bytes to the trained model. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { learned } from '../tables.ts';
import { FILES, TABLES } from './files.ts';

describe.each(Object.entries(FILES))('%s', (file, right) => {
  const text = readFileSync(new URL(file, TABLES), 'utf8');

  test('is read as what it is, with a word on what may be seen differently', async () => {
    const { profile, fitted } = await learned(text, { hyperparameters: { epochs: 60, learning_rate: 0.01 } });
    expect(Object.fromEntries(profile.columns.map(({ name, type }) => [name, type]))).toEqual(right.types);
    expect(profile).toMatchObject({ task: right.task, features: right.features, rows_without_target: 0 });
    expect(profile.rows).toBe(right.rows);
    expect(profile.classes?.map(({ value }) => value)).toEqual(right.classes);
    const said = profile.warnings!.map(({ code, column, first_value, first_row, rows }) =>
      [code, column, first_value, first_row, rows].map(String).join(' '),
    );
    expect(said).toEqual(right.warnings);
    const { accuracy, r2 } = fitted!.validation!;
    expect(accuracy ?? r2).toBeGreaterThanOrEqual(right.score);
  });
});

test('an identifier that is used all the same does no harm: it is scaled like any number', async () => {
  const text = readFileSync(new URL('identifier-of-18-digits.csv', TABLES), 'utf8');
  const { profile, fitted } = await learned(text, {
    parsing: { columns: { order_id: { role: 'feature' } } },
    hyperparameters: { epochs: 60, learning_rate: 0.01 },
  });
  expect(profile.features).toEqual(['order_id', 'a', 'b']);
  expect(fitted!.validation!.accuracy).toBeGreaterThanOrEqual(0.93);
});
