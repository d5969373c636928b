/** Every kind of data that a family of the platform can take. The first one that recognises a file reads it. */
import type { DatasetProfile, KindName } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import type { Family } from '#zoo/family.ts';
import { image } from './image/kind.ts';
import type { Kind } from './kind.ts';
import { series } from './series/kind.ts';
import type { Serving } from './serving/description.ts';
import type { Source } from './source.ts';
import { table } from './table/kind.ts';
import { text } from './text/kind.ts';

export const kinds: readonly Kind[] = [image, table, series, text];

/** Throws `TypeError` for a kind that only another service reads. */
export function kindNamed(name: KindName = 'table'): Kind {
  const found = kinds.find((kind) => kind.name === name);
  if (found) return found;
  throw new TypeError(`no family takes data of the kind ${name}`);
}

/** The kind of a file that nobody has read yet. What no other kind recognises is a table, or refused as one. */
export async function recognise(source: Source): Promise<Kind> {
  for (const kind of kinds) if (await kind.recognises(source)) return kind;
  return table;
}

/** As what kind the family reads the dataset. `undefined`: it cannot. */
export const kindFor = (family: Pick<Family, 'kinds'>, profile: DatasetProfile): Kind | undefined =>
  family.kinds.map((name) => kindNamed(name)).find((kind) => kind.takes(profile));

/**
 * The description of a model whose inputs are rows of a table: its features are the table's columns.
 * @throws ValidationError if it takes no rows
 */
export function ofRows(serving: Serving): Serving {
  const kind = kindNamed(serving.kind);
  const features = kind.columns(serving);
  if (features) return { ...serving, features: [...features] };
  throw ValidationError.of('model_id', `must be a model that takes rows of a table; this one takes ${kind.label}`);
}
