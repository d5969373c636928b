import { metricsOf, type StoredModel, textOf, trainingSecondsOf } from './model.ts';

/** What lists and searches need of a model. */
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

export const summaryOf = (model: StoredModel): Summary => ({
  name: model.name,
  id: model.id,
  family: model.family,
  version: model.version,
  framework: textOf(model, 'framework'),
  algorithm: textOf(model, 'algorithm'),
  description: textOf(model, 'description'),
  tags: model.tags,
  metrics: metricsOf(model),
  size: model.size,
  trainingSeconds: trainingSecondsOf(model),
  created_at: model.created_at,
});
