import { metricsOf, type StoredModel, textOf, trainingSecondsOf, VERSION_CHARACTERS } from './model.ts';

/** What lists and searches need of a model. Those of all models of a manager are in memory, so each is of bounded size. */
export interface Summary {
  readonly name: string;
  readonly id: string;
  readonly family: string;
  readonly version: string;
  readonly framework: string | null;
  readonly algorithm: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly size: number;
  readonly trainingSeconds: number | null;
  readonly created_at: string;
}

const FIELD_CHARACTERS = 200;
const DESCRIPTION_CHARACTERS = 4000;

export const summaryOf = (model: StoredModel): Summary => ({
  name: model.name,
  id: model.id,
  family: model.family,
  version: beginningOf(model.version, VERSION_CHARACTERS),
  framework: beginningOf(textOf(model, 'framework'), FIELD_CHARACTERS),
  algorithm: beginningOf(textOf(model, 'algorithm'), FIELD_CHARACTERS),
  description: beginningOf(textOf(model, 'description'), DESCRIPTION_CHARACTERS),
  tags: model.tags,
  metrics: metricsOf(model),
  size: model.size,
  trainingSeconds: trainingSecondsOf(model),
  created_at: model.created_at,
});

function beginningOf<T extends string | null>(text: T, characters: number): T {
  if (text === null || text.length <= characters) return text;
  // A copy: a slice refers to the whole text, which would stay in memory with it.
  return Buffer.from(text.slice(0, characters), 'utf16le').toString('utf16le') as T;
}

/** What the records of a summary take beside its texts, about. */
const RECORD_BYTES = 500;
const METRIC_BYTES = 60;

/** About how much memory it takes. */
export function bytesOfSummary({ name, version, framework, algorithm, description, tags, metrics }: Summary): number {
  const names = Object.keys(metrics);
  const texts = [name, version, framework ?? '', algorithm ?? '', description ?? '', ...tags, ...names];
  return texts.reduce((sum, { length }) => sum + length, RECORD_BYTES + METRIC_BYTES * names.length);
}
