/** Semantic versions of models: another algorithm raises MAJOR, other hyperparameters MINOR, retraining PATCH. */
import { canonicalJson } from '../canonical-json.ts';

export interface Recipe {
  readonly model_type: string;
  readonly hyperparameters: { readonly [name: string]: unknown };
}

export const FIRST_VERSION = '1.0.0';

/** The version of a model trained by `recipe`; the model before it has `version` and was trained by `previous`. */
export function nextVersion(version: string, previous: Recipe, recipe: Recipe): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (previous.model_type !== recipe.model_type) return `${major + 1}.0.0`;
  if (canonicalJson(previous.hyperparameters) !== canonicalJson(recipe.hyperparameters))
    return `${major}.${minor + 1}.0`;
  return `${major}.${minor}.${patch + 1}`;
}
