/** What a `training_data_path` names: a file below `training_data/`, or a dataset of the platform. */
import type { TextFormat } from '#domain/datasets/record.ts';
import { ValidationError } from '#domain/errors.ts';
import { isId } from '#domain/ids.ts';
import { LIMITS } from '#domain/limits.ts';
import { shown } from '#learning/csv/fault.ts';

/** Where the document has them. */
export const FOLDER = '/app/training_data/';
export const SAMPLE_FILE = 'sample_training_data.jsonl';

export type NamedData =
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'dataset'; readonly id: string };

const DATASETS = 'datasets/';

/** Throws `ValidationError` for a path that leads elsewhere. */
export function dataAt(path: string, field: string): NamedData {
  const id = path.startsWith(DATASETS) ? path.slice(DATASETS.length) : path;
  if (isId(id)) return { kind: 'dataset', id };
  const relative = path.startsWith(FOLDER)
    ? path.slice(FOLDER.length)
    : path.replace(/^(?:\.\/)?(?:training_data\/)?/, '');
  return { kind: 'file', name: expectFileName(relative, field, path) };
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/;

/** For documents: what `dataAt` takes, and what `formatOf` takes as well. */
export const PATTERNS = {
  path: `^(?:${FOLDER}|(?:\\./)?(?:training_data/)?)${NAME.source.slice(1)}`,
  name: `${NAME.source.slice(0, -1)}\\.(?:[jJ][sS][oO][nN][lL]|[nN][dD][jJ][sS][oO][nN]|[cC][sS][vV]|[pP][aA][rR][qQ][uU][eE][tT])$`,
};

/** A name below `training_data/`. Throws `ValidationError` for one that leads outside. */
export function expectFileName(name: string, field: string, given = name): string {
  const { max } = LIMITS.trainingFileName;
  if (name.length <= max && NAME.test(name)) return name;
  throw ValidationError.of(
    field,
    `must be a path below ${FOLDER}: 1 to ${max} letters, digits, dots, hyphens and underscores, in folders perhaps; got ${shown(given)}`,
  );
}

const FORMATS: readonly (readonly [string, TextFormat])[] = [
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.csv', 'csv'],
  ['.parquet', 'parquet'],
];

/** By the end of the name. Throws `ValidationError`. */
export function formatOf(name: string, field: string): TextFormat {
  const found = FORMATS.find(([end]) => name.toLowerCase().endsWith(end));
  if (found) return found[1];
  throw ValidationError.of(field, `must end in ${FORMATS.map(([end]) => end).join(', ')}; got ${shown(name)}`);
}
