/** The tensors that a model takes in the Open Inference Protocol, as `model.onnx` has them, and how they become inputs. */
import type { ServedFeature } from './description.ts';
import type { Cell, Input } from './input.ts';

export interface TensorFacts {
  readonly name: string;
  readonly datatype: 'FP64' | 'FP32' | 'BOOL' | 'BYTES';
  /** -1: as many as there are rows. */
  readonly shape: number[];
}

/** The values of one tensor, row by row. */
export type Columns = ReadonlyMap<string, readonly Cell[]>;

export interface TensorInputs {
  readonly tensors: TensorFacts[];
  /** Whether the last dimension, of size 1, may be left out. */
  readonly mayBeFlat: boolean;
  /** Another shape of a row that is taken. Default: there is none. */
  readonly other?: readonly number[];
  inputsOf(columns: Columns, rows: number): Input[];
  /** The tensor that an error is about, with the place in it, such as `bill_length_mm[3]`. */
  placeOf(row: number, at: readonly number[]): string;
}

export const DATATYPE_OF: Readonly<Record<ServedFeature['type'], TensorFacts['datatype']>> = {
  number: 'FP64',
  timestamp: 'FP64',
  category: 'BYTES',
  boolean: 'BYTES',
};

/** One [rows, 1] a feature. */
export function featureInputs(features: readonly ServedFeature[]): TensorInputs {
  const names = features.map(({ input }) => input);
  return {
    tensors: features.map(({ input, type }) => ({ name: input, datatype: DATATYPE_OF[type], shape: [-1, 1] })),
    mayBeFlat: true,
    inputsOf: (columns, rows) => {
      const cells = names.map((name) => columns.get(name)!);
      return Array.from({ length: rows }, (_, row) => cells.map((column) => column[row]!));
    },
    placeOf: (row, [feature]) => (names[feature ?? -1] === undefined ? `row ${row}` : `${names[feature!]}[${row}]`),
  };
}
