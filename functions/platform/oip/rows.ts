/** The tensors of a request as rows of the model's features. */
import { ValidationError } from '#domain/errors.ts';
import type { Cell, Row } from '#learning/predictor.ts';
import type { ServedFeature, Serving } from '#learning/serving/description.ts';
import { cellsOfBytes, cellsOfJson } from './datatypes.ts';
import type { InferenceInput } from './request.ts';

/** At most `most` of them. Throws `ValidationError`: tensors that are unknown, missing or given twice, of another shape, or with other data. */
export function rowsOf(
  { features }: Serving,
  inputs: readonly InferenceInput[],
  rest: Uint8Array,
  most: number,
): Row[] {
  expectNames(features, inputs);
  const rows = inputs[0]!.shape[0]!;
  const columns = new Map<string, readonly Cell[]>();
  let at = 0;
  for (const [index, given] of inputs.entries()) {
    const field = `inputs[${index}]`;
    expectShape(given, rows, most, field);
    const size = binarySize(given, field);
    if (size === undefined) {
      columns.set(given.name, cellsOfJson(given.datatype, given.data!, rows, `${field}.data`));
      continue;
    }
    const bytes = rest.subarray(at, at + size);
    if (bytes.length < size) {
      const message = `must be at most ${bytes.length}, the bytes that are left in the body; got ${size}`;
      throw ValidationError.of(`${field}.parameters.binary_data_size`, message);
    }
    columns.set(given.name, cellsOfBytes(given.datatype, bytes, rows, field));
    at += size;
  }
  if (at < rest.length) {
    throw ValidationError.of('body', `must end with the data of its tensors; got ${rest.length - at} more bytes`);
  }
  const cells = features.map(({ input }) => columns.get(input)!);
  return Array.from({ length: rows }, (_, row) => cells.map((column) => column[row]!));
}

function expectNames(features: readonly ServedFeature[], inputs: readonly InferenceInput[]): void {
  const left = new Set(features.map(({ input }) => input));
  for (const [index, { name }] of inputs.entries()) {
    if (left.delete(name)) continue;
    const known = features.some(({ input }) => input === name);
    const message = known ? 'must be given once' : "must be one of the model's inputs, which its metadata lists";
    throw ValidationError.of(`inputs[${index}].name`, `${message}; got ${JSON.stringify(name)}`);
  }
  const [missing] = left;
  if (missing === undefined) return;
  const more = left.size > 1 ? ` and ${left.size - 1} more` : '';
  throw ValidationError.of('inputs', `must have a tensor for each of the model's inputs; ${missing}${more} is missing`);
}

function expectShape({ shape }: InferenceInput, rows: number, most: number, field: string): void {
  const [first = 0, width = 1] = shape;
  const got = `got [${shape.join(', ')}]`;
  if (width !== 1) throw ValidationError.of(`${field}.shape`, `must be [rows, 1] or [rows]; ${got}`);
  if (first < 1 || first > most) {
    throw ValidationError.of(`${field}.shape`, `must have between 1 and ${most} rows; ${got}`);
  }
  if (first !== rows) throw ValidationError.of(`${field}.shape`, `must have ${rows} rows, as inputs[0] has; ${got}`);
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

/** Errors about the cells of rows, as errors about tensors. */
export function aboutTensors(error: unknown, { features }: Serving): unknown {
  if (!(error instanceof ValidationError)) return error;
  const details = error.details.map(({ field, message }) => {
    const place = /^inputs\[(\d+)\](?:\[(\d+)\])?$/.exec(field);
    if (!place) return { field, message };
    const feature = place[2] === undefined ? undefined : features[Number(place[2])];
    return { field: feature ? `${feature.input}[${place[1]}]` : `row ${place[1]}`, message };
  });
  return new ValidationError(details, error.message);
}
