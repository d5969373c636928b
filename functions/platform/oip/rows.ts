/** The tensors of a request as what a model predicts. */
import { ValidationError } from '#domain/errors.ts';
import { sameShape } from '#engine/type.ts';
import { shortened } from '#learning/csv/fault.ts';
import type { Cell, Input } from '#learning/predictor.ts';
import type { TensorFacts, TensorInputs } from '#learning/serving/tensor-inputs.ts';
import { cellsOfBytes, cellsOfJson } from './datatypes.ts';
import type { InferenceInput } from './request.ts';

/** At most `most` of them. Throws `ValidationError`: tensors that are unknown, missing or given twice, of another shape, or with other data. */
export function rowsOf(of: TensorInputs, inputs: readonly InferenceInput[], rest: Uint8Array, most: number): Input[] {
  expectNames(of.tensors, inputs);
  const rows = inputs[0]!.shape[0]!;
  const columns = new Map<string, readonly Cell[]>();
  let at = 0;
  for (const [index, given] of inputs.entries()) {
    const field = `inputs[${index}]`;
    const count = valuesIn(of, given, { rows, most, field });
    const size = binarySize(given, field);
    if (size === undefined) {
      columns.set(given.name, cellsOfJson(given.datatype, given.data!, count, `${field}.data`));
      continue;
    }
    const bytes = rest.subarray(at, at + size);
    if (bytes.length < size) {
      const message = `must be at most ${bytes.length}, the bytes that are left in the body; got ${size}`;
      throw ValidationError.of(`${field}.parameters.binary_data_size`, message);
    }
    columns.set(given.name, cellsOfBytes(given.datatype, bytes, count, field));
    at += size;
  }
  if (at < rest.length) {
    throw ValidationError.of('body', `must end with the data of its tensors; got ${rest.length - at} more bytes`);
  }
  return of.inputsOf(columns, rows);
}

function expectNames(tensors: readonly TensorFacts[], inputs: readonly InferenceInput[]): void {
  const left = new Set(tensors.map(({ name }) => name));
  for (const [index, { name }] of inputs.entries()) {
    if (left.delete(name)) continue;
    const known = tensors.some((tensor) => tensor.name === name);
    const message = known ? 'must be given once' : `must be one of the model's inputs: ${listed(tensors)}`;
    throw ValidationError.of(`inputs[${index}].name`, `${message}; got ${JSON.stringify(name)}`);
  }
  const [missing] = left;
  if (missing === undefined) return;
  const more = left.size > 1 ? ` and ${left.size - 1} more` : '';
  throw ValidationError.of('inputs', `must have a tensor for each of the model's inputs; ${missing}${more} is missing`);
}

/** Which an error names. All are in the model's metadata. */
const MOST_NAMED = 10;

function listed(tensors: readonly TensorFacts[]): string {
  const names = tensors.slice(0, MOST_NAMED).map(({ name }) => JSON.stringify(shortened(name, 60)));
  const more = tensors.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more, which its metadata lists` : '');
}

interface Expected {
  readonly rows: number;
  readonly most: number;
  readonly field: string;
}

/** How many values the tensor has. Throws `ValidationError` for another shape than the model's. */
function valuesIn(
  { tensors, mayBeFlat, other }: TensorInputs,
  { name, shape }: InferenceInput,
  { rows, most, field }: Expected,
): number {
  const [, ...dims] = tensors.find((tensor) => tensor.name === name)!.shape;
  const [first = 0, ...given] = shape;
  const got = `got [${shape.join(', ')}]`;
  const taken = [dims, ...(mayBeFlat ? [[]] : []), ...(other ? [other] : [])];
  if (!taken.some((one) => sameShape(one, given))) {
    const wanted = taken.map((one) => `[${['rows', ...one].join(', ')}]`).join(' or ');
    throw ValidationError.of(`${field}.shape`, `must be ${wanted}; ${got}`);
  }
  if (first < 1 || first > most) {
    throw ValidationError.of(`${field}.shape`, `must have between 1 and ${most} rows; ${got}`);
  }
  if (first !== rows) throw ValidationError.of(`${field}.shape`, `must have ${rows} rows, as inputs[0] has; ${got}`);
  return given.reduce((count, dim) => count * dim, rows);
}

/** `undefined`: its data are in the JSON. */
function binarySize({ data, parameters = {} }: InferenceInput, field: string): number | undefined {
  const { binary_data_size: size } = parameters;
  if ((size === undefined) === (data === undefined)) {
    const got = size === undefined ? 'neither' : 'both';
    throw ValidationError.of(
      field,
      `must have data or the parameter binary_data_size, and only one of them; got ${got}`,
    );
  }
  if (size === undefined) return undefined;
  if (Number.isSafeInteger(size) && (size as number) >= 0) return size as number;
  throw ValidationError.of(`${field}.parameters.binary_data_size`, 'must be a whole number, 0 or more');
}

/** Errors about inputs, as errors about tensors. */
export function aboutTensors(error: unknown, of: TensorInputs): unknown {
  if (!(error instanceof ValidationError)) return error;
  const details = error.details.map(({ field, message }) => {
    const place = /^inputs((?:\[\d{1,9}\]){1,3})$/.exec(field)?.[1];
    if (place === undefined) return { field, message };
    const [row = 0, ...at] = place.slice(1, -1).split('][').map(Number);
    return { field: of.placeOf(row, at), message };
  });
  return new ValidationError(details, error.message);
}
