/** The tensors that a model of each kind takes in the protocol, as `model.onnx` has them, and how they become inputs. */
import type { KindName } from '#domain/datasets/profile.ts';
import { IMAGE_INPUT, imageInputOf } from '#learning/image/encoding.ts';
import { ofRows } from '#learning/kinds.ts';
import type { Cell, Input } from '#learning/predictor.ts';
import { windowOf } from '#learning/series/encoding.ts';
import type { ServedFeature, Serving } from '#learning/serving/description.ts';

export interface TensorFacts {
  readonly name: string;
  readonly datatype: 'FP64' | 'FP32' | 'BOOL' | 'BYTES';
  /** -1: as many as there are rows. */
  readonly shape: number[];
}

/** The values of one tensor, row by row. */
export type Columns = ReadonlyMap<string, readonly Cell[]>;

export interface ModelInputs {
  readonly tensors: TensorFacts[];
  /** Whether the last dimension, of size 1, may be left out. */
  readonly mayBeFlat: boolean;
  inputsOf(columns: Columns, rows: number): Input[];
  /** The tensor that an error is about, with the place in it, such as `bill_length_mm[3]`. */
  placeOf(row: number, at: readonly number[]): string;
}

const DATATYPE_OF: Readonly<Record<ServedFeature['type'], TensorFacts['datatype']>> = {
  number: 'FP64',
  timestamp: 'FP64',
  category: 'BYTES',
  boolean: 'BYTES',
};

/** One [rows, 1] a feature. */
function ofTable(serving: Serving): ModelInputs {
  const { features } = ofRows(serving);
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

/** One [rows, channels, height, width]. Of a table whose columns are the pixels, one [rows, 1] each. */
function ofImages(serving: Serving): ModelInputs {
  const { channels, height, width, columns: pixels } = imageInputOf(serving);
  if (pixels) return ofTable(serving);
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

/** One [rows, steps] a feature. */
function ofSeries(serving: Serving): ModelInputs {
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

const KINDS: Readonly<Record<KindName, (serving: Serving) => ModelInputs>> = {
  table: ofTable,
  text: ofTable,
  image: ofImages,
  series: ofSeries,
};

export const modelInputs = (serving: Serving): ModelInputs => KINDS[serving.kind ?? 'table'](serving);
