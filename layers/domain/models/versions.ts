/** Semantic versions of models: another algorithm raises MAJOR, other hyperparameters MINOR, retraining PATCH. */
import { canonicalJson } from '../canonical-json.ts';
import { truncate } from '../truncate.ts';

export interface Recipe {
  readonly model_type: string;
  readonly hyperparameters: { readonly [name: string]: unknown };
}

export interface Version {
  readonly version: string;
  /** Which part was raised and why, such as `minor: learning_rate 0.01 → 0.001`. */
  readonly reason: string;
}

export const FIRST_VERSION: Version = { version: '1.0.0', reason: 'first version' };

/** What a reason shows at most: so many hyperparameters, and of each value so many bytes. */
const SHOWN = { hyperparameters: 10, bytes: 60 };

/** The version of a model trained by `recipe`; the model before it has `version` and was trained by `previous`. */
export function nextVersion(version: string, previous: Recipe, recipe: Recipe): Version {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (previous.model_type !== recipe.model_type) {
    const reason = `major: algorithm ${previous.model_type} → ${recipe.model_type}`;
    return { version: `${major + 1}.0.0`, reason };
  }
  const changed = changes(previous.hyperparameters, recipe.hyperparameters);
  if (changed.length > 0) return { version: `${major}.${minor + 1}.0`, reason: `minor: ${listed(changed)}` };
  return { version: `${major}.${minor}.${patch + 1}`, reason: 'patch: retrained' };
}

type Hyperparameters = Recipe['hyperparameters'];

/** Each hyperparameter that differs, with its value before and after. */
function changes(before: Hyperparameters, after: Hyperparameters): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [from, to] = [shown(before, name), shown(after, name)];
    return from === to ? [] : [`${name} ${truncate(from, SHOWN.bytes)} → ${truncate(to, SHOWN.bytes)}`];
  });
}

const shown = (of: Hyperparameters, name: string): string =>
  Object.hasOwn(of, name) && of[name] !== undefined ? canonicalJson(of[name]) : 'none';

function listed(changed: readonly string[]): string {
  const more = changed.length - SHOWN.hyperparameters;
  return changed.slice(0, SHOWN.hyperparameters).join(', ') + (more > 0 ? `, and ${more} more` : '');
}
