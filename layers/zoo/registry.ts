import { baseline } from './baseline.ts';
import { deepHpm } from './deephpm.ts';
import type { Family } from './family.ts';
import { mlp } from './mlp.ts';

/** Every model family, by `model_type`. */
export const families: Readonly<Record<string, Family>> = Object.fromEntries(
  [mlp, baseline, deepHpm].map((family) => [family.name, family]),
);

/** The values that `model_type` may have. */
export const modelTypes: readonly string[] = Object.keys(families);
