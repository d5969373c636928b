/** Rows of a caller as the tensors that a model of others takes, once it is served. */
import { ValidationError } from '#domain/errors.ts';
import type { Tensors } from '#engine/tensor.ts';
import { kindNamed } from '../kinds.ts';
import type { Serving } from '../serving/description.ts';
import type { Input } from '../serving/input.ts';

const ROW = /^inputs\[(\d+)\]/;

/**
 * @param placeOf the field of a row
 * @throws ValidationError with fields such as `examples[3].input`
 */
export async function feedsOf(
  serving: Serving,
  inputs: readonly Input[],
  placeOf: (row: number) => string,
): Promise<Tensors> {
  try {
    return await kindNamed(serving.kind).tensors(serving, inputs);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const details = error.details.map((detail) => ({
      ...detail,
      field: detail.field.replace(ROW, (_, row: string) => placeOf(Number(row))),
    }));
    throw new ValidationError(details, error.message);
  }
}

/** The shape of `rows` rows of each input, by its name. */
export const shapesOf = (serving: Serving, rows: number) =>
  kindNamed(serving.kind)
    .tensorInputs(serving)
    .tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape: [rows, ...shape.slice(1)] }));
