/** The tensors of a model of images in the Open Inference Protocol. */
import type { Serving } from '../serving/description.ts';
import { featureInputs, type TensorInputs } from '../serving/tensor-inputs.ts';
import { IMAGE_INPUT, imageInputOf, pixelFeatures, takesColours } from './encoding.ts';

/** One [rows, channels, height, width], for a model that sees grey also in colour. Of a table whose columns are the pixels, one [rows, 1] each. */
export function imageInputs(serving: Serving): TensorInputs {
  const input = imageInputOf(serving);
  if (input.columns) return featureInputs(pixelFeatures(input));
  const { channels, height, width } = input;
  return {
    tensors: [{ name: IMAGE_INPUT, datatype: 'FP32', shape: [-1, channels, height, width] }],
    mayBeFlat: false,
    ...(takesColours(input) ? { other: [3, height, width] } : {}),
    inputsOf: (columns, rows) => {
      const values = columns.get(IMAGE_INPUT)!;
      const size = values.length / rows;
      return Array.from({ length: rows }, (_, row) => values.slice(row * size, (row + 1) * size));
    },
    placeOf: (row) => `${IMAGE_INPUT}[${row}]`,
  };
}
