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
  const shown = JSON.stringify(beginningOf(value, { values: MAX_SHOWN + 1 })) ?? String(value);
  return shown.length <= MAX_SHOWN ? shown : `${shown.slice(0, MAX_SHOWN).toWellFormed()}…`;
}

/** What the first characters of its JSON are made of: each value is one of them at least. */
function beginningOf(value: unknown, left: { values: number }): unknown {
  left.values -= 1;
  if (typeof value === 'string') return value.slice(0, MAX_SHOWN + 1);
  if (Array.isArray(value)) return Array.from(until(left, value.values()), (item) => beginningOf(item, left));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Array.from(until(left, Object.entries(value).values()), ([name, field]) => [
    name.slice(0, MAX_SHOWN + 1),
    beginningOf(field, left),
  ]);
  return Object.fromEntries(fields);
}

function* until<T>(left: { readonly values: number }, parts: Iterable<T>): Generator<T> {
  for (const part of parts) {
    if (left.values <= 0) return;
    yield part;
  }
}
