/** Models side by side: of each property one value a model, in the order of the models. */
import { canonicalJson } from '../canonical-json.ts';
import type { Model } from './record.ts';

type Value = Model['hyperparameters'][string];

export interface ComparedRow {
  name: string;
  /** `null` where a model does not have it. */
  values: Value[];
  differs: boolean;
}

export type Section = 'parameters' | 'metrics' | 'tags' | 'data';

type Values = { readonly [name: string]: Value };

const VALUES: Readonly<Record<Section, (of: Model) => Values>> = {
  parameters: (of) => of.hyperparameters,
  metrics: (of) => ({ ...of.final_metrics, ...of.performance }),
  tags: (of) => of.tags,
  data: (of) => ({
    dataset_id: of.dataset_id ?? null,
    dataset_version: of.dataset_version ?? null,
    sha256: of.dataset_sha256 ?? null,
    target: of.target,
    task: of.task,
  }),
};

export const compareModels = (models: readonly Model[]): Record<Section, ComparedRow[]> => ({
  parameters: rows(models.map(VALUES.parameters)),
  metrics: rows(models.map(VALUES.metrics)),
  tags: rows(models.map(VALUES.tags)),
  data: rows(models.map(VALUES.data)),
});

function rows(sides: readonly Values[]): ComparedRow[] {
  const names = [...new Set(sides.flatMap((side) => Object.keys(side)))].sort();
  return names.map((name) => {
    const values = sides.map((side) => (Object.hasOwn(side, name) ? side[name]! : null));
    return { name, values, differs: new Set(values.map(canonicalJson)).size > 1 };
  });
}
