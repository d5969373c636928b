/** The warnings of a dataset as they hold for a training by one family. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Family } from '#zoo/family.ts';
import { kindFor } from './kinds.ts';
import { textColumn } from './text/encoding.ts';

/** A column of texts is left out by most families, but not by one that learns from it: then nothing is said of that. */
export function withWarningsFor(family: Pick<Family, 'kinds'> | undefined, profile: DatasetProfile): DatasetProfile {
  const column = family && kindFor(family, profile)?.name === 'text' ? textColumn(profile)?.name : undefined;
  if (!profile.warnings || column === undefined) return profile;
  const warnings = profile.warnings.filter((one) => !(one.code === 'text_left_out' && one.column === column));
  return { ...profile, warnings };
}
