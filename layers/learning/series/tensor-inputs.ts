/** The tensors of a model of series in the Open Inference Protocol. */
import type { Serving } from '../serving/description.ts';
import { DATATYPE_OF, type TensorInputs } from '../serving/tensor-inputs.ts';
import { windowOf } from './encoding.ts';

/** One [rows, steps] a feature. */
export function seriesInputs(serving: Serving): TensorInputs {
  const { steps } = windowOf(serving);
  const names = serving.features.map(({ input }) => input);
  return {
    tensors: serving.features.map(({ input, type }) => ({
      name: input,
      datatype: DATATYPE_OF[type],
      shape: [-1, steps],
    })),
    mayBeFlat: false,
    inputsOf: (columns, rows) => {
      const cells = names.map((name) => columns.get(name)!);
      return Array.from({ length: rows }, (_, row) =>
        Array.from({ length: steps }, (_, step) => cells.map((column) => column[row * steps + step]!)),
      );
    },
    placeOf: (row, [step, feature]) =>
      names[feature ?? -1] === undefined ? `row ${row}` : `${names[feature!]}[${row}][${step}]`,
  };
}
