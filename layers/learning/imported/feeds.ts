/** Rows of a caller as the tensors that a model of others takes, once it is served. */
import { ValidationError } from '#domain/errors.ts';
import type { Tensors } from '#engine/tensor.ts';
import { imageInputs } from '../image/tensor-inputs.ts';
import { imageTensors } from '../image/tensors.ts';
import type { Serving } from '../serving/description.ts';
import type { Input } from '../serving/input.ts';
import { rowTensors } from '../serving/rows.ts';
import { featureInputs } from '../serving/tensor-inputs.ts';

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
    return await (isOfImages(serving) ? imageTensors(serving, inputs) : rowTensors(serving.features, inputs));
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
  tensorsOf(serving).map(({ name, datatype, shape }) => ({ name, datatype, shape: [rows, ...shape.slice(1)] }));

/** So many features, or the shape of an image. */
export const inputShapeOf = (serving: Serving): number[] =>
  isOfImages(serving) ? tensorsOf(serving).flatMap(({ shape }) => shape.slice(1)) : [serving.features.length];

/** Models of others take rows or images. The registry of kinds would bring all that reads files into whatever serves them. */
const isOfImages = ({ kind }: Serving): boolean => kind === 'image';

const tensorsOf = (serving: Serving) =>
  (isOfImages(serving) ? imageInputs(serving) : featureInputs(serving.features)).tensors;
