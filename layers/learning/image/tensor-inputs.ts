/** The tensors of a model of images in the Open Inference Protocol. */
import type { Serving } from '../serving/description.ts';
import { featureInputs, type TensorInputs } from '../serving/tensor-inputs.ts';
import { IMAGE_INPUT, imageInputOf, pixelFeatures } from './encoding.ts';

/** One [rows, channels, height, width]. Of a table whose columns are the pixels, one [rows, 1] each. */
export function imageInputs(serving: Serving): TensorInputs {
  const input = imageInputOf(serving);
  if (input.columns) return featureInputs(pixelFeatures(input));
  const { channels, height, width } = input;
  const size = channels * height * width;
  return {
    tensors: [{ name: IMAGE_INPUT, datatype: 'FP32', shape: [-1, channels, height, width] }],
    mayBeFlat: false,
    inputsOf: (columns, rows) => {
      const values = columns.get(IMAGE_INPUT)!;
      return Array.from({ length: rows }, (_, row) => values.slice(row * size, (row + 1) * size));
    },
    placeOf: (row) => `${IMAGE_INPUT}[${row}]`,
  };
}
