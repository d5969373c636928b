/** A column of texts as the encoding of a kind of data: hashed n-grams, which cannot be made in an ONNX graph. */
import { z } from 'zod';
import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import { type Type, type } from '#engine/type.ts';
import { packGrams } from '#zoo/compact-text.ts';
import type { Encoding } from '../encoding.ts';
import type { Serving } from '../serving/description.ts';
import { roleOf } from '../table/resident.ts';
import { featurizer } from './featurizer.ts';
import { textTorch } from './torch.ts';

/** The inputs of `model.onnx`. */
export const TEXT_INPUTS = { buckets: 'buckets', weights: 'weights' } as const;

/** A bucket and a weight. */
export const BYTES_PER_GRAM = 8;

const textInput = z.object({
  /** Of the data. */
  column: z.string(),
  featurizer,
  /** How many n-grams there is room for. Only models of earlier builds have it; others take as many as a text has. */
  places: z.int().exactOptional(),
});
export type TextInput = z.infer<typeof textInput>;

export const ofColumn = ({ input }: Pick<Serving, 'input'>): TextInput => textInput.parse(input);

/** The column of texts to learn from, if there is one only. */
export function textColumn(profile: DatasetProfile): ColumnProfile | undefined {
  const found = profile.columns.filter(
    (column) => column.type === 'text' && roleOf(column, profile) === 'feature' && column.missing < profile.rows,
  );
  return found.length === 1 && profile.kind !== 'image' ? found[0] : undefined;
}

const typesOf = (places: number | string): Readonly<Record<string, Type>> => ({
  [TEXT_INPUTS.buckets]: type('int32', ['rows', places]),
  [TEXT_INPUTS.weights]: type('float32', ['rows', places]),
});

interface TextData {
  /** How many n-grams there is room for in a row to learn from. */
  readonly places: number;
  readonly leftOut: readonly string[];
  /** Of the column. */
  readonly format: ColumnProfile['format'];
}

export function textEncoding(input: TextInput, { places, leftOut, format }: TextData): Encoding {
  const { column } = input;
  return {
    kind: 'text',
    shape: [2, places],
    types: typesOf(places),
    inputs: typesOf('places'),
    leftOut,
    served: {
      kind: 'text',
      features: [{ name: column, type: 'category', input: 'text', ...(format === undefined ? {} : { format }) }],
      input,
    },
    torch: () => textTorch(input),
    front: (b, rows) => packGrams(b, rows[TEXT_INPUTS.buckets]!, rows[TEXT_INPUTS.weights]!),
    encoded: (_, inputs) => inputs,
  };
}
