/** Numbers of a dataset are a model's only in the units of the data that it has learned from. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { isForeignUnit } from '../values/units.ts';
import type { ServedFeature } from './description.ts';

/** What the first column should have that has other units, for a message; `undefined` if none has. */
export function foreignUnits(features: readonly ServedFeature[], { columns }: DatasetProfile): string | undefined {
  for (const { name, type, format } of features) {
    if (type !== 'number') continue;
    const column = columns.find((one) => one.name.trim() === name.trim());
    const foreign = column?.format?.units?.find((unit) => isForeignUnit(unit, format?.units));
    if (foreign === undefined) continue;
    const wanted = format?.units?.length ? `in ${format.units.join(' or ')}` : 'without a unit';
    return `${JSON.stringify(name)} ${wanted}, as in the model's data; got values in ${foreign}: write them in the model's unit, or without one`;
  }
  return undefined;
}
