/** The tensors of a model of images in the Open Inference Protocol. */
import type { Serving } from '../serving/description.ts';
import type { TensorInputs } from '../serving/tensor-inputs.ts';
import { IMAGE_INPUT, imageInputOf, takesOtherChannels } from './encoding.ts';

/**
 * One [rows, channels, height, width], as the file has it, also of a table whose columns are the pixels. Where they are not,
 * it may be in grey for a model that sees colours, and in colour for one that sees grey.
 */
export function imageInputs(serving: Serving): TensorInputs {
  const input = imageInputOf(serving);
  const { channels, height, width } = input;
  return {
    tensors: [{ name: IMAGE_INPUT, datatype: 'FP32', shape: [-1, channels, height, width] }],
    mayBeFlat: false,
    ...(takesOtherChannels(input) ? { other: [channels === 1 ? 3 : 1, height, width] } : {}),
    inputsOf: (columns, rows) => {
      const values = columns.get(IMAGE_INPUT)!;
      const size = values.length / rows;
      return Array.from({ length: rows }, (_, row) => values.slice(row * size, (row + 1) * size));
    },
    placeOf: (row) => `${IMAGE_INPUT}[${row}]`,
  };
}
