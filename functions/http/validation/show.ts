/** Fields and values in messages. */

/** The longest value that a message shows in full, in characters. */
export const MAX_SHOWN = 80;

/** `hyperparameters.batch_size`, `inputs[3][2]`. */
export function showPath(prefix: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((shown, key) => {
    if (typeof key === 'number') return `${shown}[${key}]`;
    return shown === '' ? String(key) : `${shown}.${String(key)}`;
  }, prefix);
}

/** A value as JSON, cut short where it is long. */
export function showValue(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  const shown = JSON.stringify(value) ?? String(value);
  return shown.length <= MAX_SHOWN ? shown : `${shown.slice(0, MAX_SHOWN).toWellFormed()}…`;
}
