import type { Family } from './family.ts';
import { linear } from './linear.ts';
import { mlp } from './mlp.ts';

/** Every model family, by `model_type`. */
export const families: Readonly<Record<string, Family>> = { [mlp.name]: mlp, [linear.name]: linear };

/** The values that `model_type` may have. */
export const modelTypes: readonly string[] = Object.keys(families);
