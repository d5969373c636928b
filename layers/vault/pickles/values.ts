/** What a scan knows of a value: enough to see what an import is called and how large an array of joblib is. */
export const MARK = Symbol('mark');

/** Something that is no text, and of which nothing else is known. */
export const OTHER = Symbol('other');

/** `null`: it may be anything, a text as well. */
export type Value = string | number | typeof MARK | typeof OTHER | readonly Value[] | Map<Value, Value> | Made | null;

export const mayBeText = (value: Value): boolean => typeof value === 'string' || value === null || isMade(value);

/** An imported name, or what calling it made. */
export interface Made {
  readonly of: string;
  readonly given: Value;
  /** What `BUILD` gave it. */
  state: Value;
}

/** How the values of an array are written between the opcodes of a joblib file: as bytes, or as a pickle of its own. */
export type JoblibArray = { readonly aligned: boolean; readonly bytes: number } | 'pickle' | 'unknown';

const WRAPPER = '.NumpyArrayWrapper';

export const isMade = (value: Value): value is Made => typeof value === 'object' && value !== null && 'of' in value;

/** Whether an import is the class behind whose state joblib writes an array. */
export const isArrayWrapper = (name: string): boolean => name.startsWith('joblib.') && name.endsWith(WRAPPER);

export function arrayOf(state: Value): JoblibArray {
  if (!(state instanceof Map)) return 'unknown';
  const size = itemSize(state.get('dtype') ?? null);
  if (size === 'object') return 'pickle';
  const shape = state.get('shape') ?? null;
  if (size === undefined || !Array.isArray(shape) || !shape.every(Number.isSafeInteger)) return 'unknown';
  const bytes = (shape as number[]).reduce((product, length) => product * length, size);
  if (!Number.isSafeInteger(bytes)) return 'unknown';
  return { aligned: typeof state.get('numpy_array_alignment_bytes') === 'number', bytes };
}

/** `numpy.dtype('f8', …)`. A structure (`V64`) has its fields in its state; one that holds objects is not followed. */
function itemSize(dtype: Value): number | 'object' | undefined {
  if (!isMade(dtype) || dtype.of !== 'numpy.dtype' || !Array.isArray(dtype.given)) return undefined;
  const [text] = dtype.given as readonly Value[];
  const [, kind, digits] = /^([biufcSUMmOV])(\d{1,9})$/.exec(typeof text === 'string' ? text : '') ?? [];
  if (kind === 'O') return 'object';
  if (kind === undefined || (kind === 'V' && !hasPlainFields(dtype.state))) return undefined;
  return Number(digits) * (kind === 'U' ? 4 : 1);
}

/** Of a state `(version, order, subarray, names, fields, …)`. */
function hasPlainFields(state: Value): boolean {
  if (!Array.isArray(state)) return false;
  const [, , subarray, , fields] = state as readonly Value[];
  if (subarray !== OTHER || !(fields instanceof Map)) return false;
  return [...fields.values()].every((field) => Array.isArray(field) && typeof itemSize(field[0]) === 'number');
}
