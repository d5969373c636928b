/** What is right about each of the files of test/fixtures/tables. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';

export const TABLES = new URL('../../fixtures/tables/', import.meta.url);

export interface Right {
  readonly types: Readonly<Record<string, string>>;
  readonly task: DatasetProfile['task'];
  readonly features: readonly string[];
  readonly rows: number;
  /** By frequency. */
  readonly classes?: readonly string[];
  readonly warnings: readonly string[];
  /** The least accuracy or r2 on the validation rows. */
  readonly score: number;
}

const numbers = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'number']));

export const FILES: Readonly<Record<string, Right>> = {
  'classes-plus-minus.csv': {
    types: { ...numbers('dose', 'age'), outcome: 'category' },
    task: 'classification',
    features: ['dose', 'age'],
    rows: 300,
    classes: ['-', '+'],
    warnings: ['class_like_missing outcome - 2 174'],
    score: 0.9,
  },
  'class-none.csv': {
    types: { ...numbers('fever', 'pulse'), severity: 'category' },
    task: 'classification',
    features: ['fever', 'pulse'],
    rows: 300,
    classes: ['mild', 'none', 'severe'],
    warnings: ['class_like_missing severity none 3 107'],
    score: 0.9,
  },
  'classes-one-and-one-point-zero.csv': {
    types: numbers('a', 'b', 'churn'),
    task: 'classification',
    features: ['a', 'b'],
    rows: 300,
    classes: ['0', '1'],
    warnings: ['classes_merged churn 0.0 152 300'],
    score: 0.95,
  },
  'number-with-hash-na.csv': {
    types: { ...numbers('income', 'noise'), tier: 'category' },
    task: 'classification',
    features: ['income', 'noise'],
    rows: 300,
    classes: ['high', 'low'],
    warnings: ['missing_words income #N/A 18 1'],
    score: 0.93,
  },
  'age-with-hash-na.csv': {
    types: numbers('age', 'zone', 'premium'),
    task: 'regression',
    features: ['age', 'zone'],
    rows: 400,
    warnings: ['missing_words age #N/A 8 1'],
    score: 0.95,
  },
  'thousands-in-target.csv': {
    types: numbers('sqft', 'age', 'price'),
    task: 'regression',
    features: ['sqft', 'age'],
    rows: 300,
    warnings: ['decimal_ambiguous price 200,110 1 300', 'decimal_ambiguous sqft 1,500 1 300'],
    score: 0.9,
  },
  'delimiter-tie.csv': {
    types: { ...numbers('Länge, cm', 'Breite, cm'), Sorte: 'category' },
    task: 'classification',
    features: ['Länge, cm', 'Breite, cm'],
    rows: 300,
    classes: ['B', 'A'],
    warnings: ['delimiter_ambiguous null null null 0'],
    score: 0.9,
  },
  'times-with-utc.csv': {
    types: { when: 'timestamp', noise: 'number', season: 'category' },
    task: 'classification',
    features: ['when', 'noise'],
    rows: 300,
    classes: ['early', 'late'],
    warnings: [],
    score: 0.95,
  },
  'identifier-of-18-digits.csv': {
    types: { ...numbers('order_id', 'a', 'b'), label: 'category' },
    task: 'classification',
    features: ['a', 'b'],
    rows: 400,
    classes: ['p', 'q'],
    warnings: ['identifier_left_out order_id 700000000000364000 1 400'],
    score: 0.95,
  },
  'padded-within-quotes.csv': {
    types: { ...numbers('tenure', 'charges'), churn: 'boolean' },
    task: 'classification',
    features: ['tenure', 'charges'],
    rows: 300,
    classes: ['No', 'Yes'],
    warnings: [],
    score: 0.9,
  },
};
