/** The encoder of a table as the encoding of a kind of data. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { type Type, type } from '#engine/type.ts';
import type { Encoding } from '../encoding.ts';
import { inputNames, type ServedFeature } from '../serving/description.ts';
import { referenceOf } from '../serving/reference.ts';
import { isNarrow } from './encode.ts';
import { codesOf, type Encoder, numbersOf, widthOf } from './encoder.ts';
import { encoded, encodedTypes, features } from './front.ts';
import { tableTorch } from './torch.ts';

export interface TableEncoding extends Encoding {
  readonly encoder: Encoder;
}

export const isTable = (of: Encoding): of is TableEncoding => of.kind === 'table';

/**
 * Inputs: one [rows, 1] per feature. Numbers and timestamps (epoch milliseconds) are float64, with NaN for missing;
 * categories and booleans are strings, with '' for missing.
 */
export function tableEncoding(encoder: Encoder, { columns }: Pick<DatasetProfile, 'columns'>): TableEncoding {
  const formats = new Map(columns.map(({ name, format }) => [name, format]));
  const codes = codesOf(encoder);
  const names = inputNames(encoder.features.map(({ name }) => name));
  const served = encoder.features.map((feature, i): ServedFeature => {
    const { name, type: of } = feature;
    const format = formats.get(name);
    const words = feature.type === 'category' ? { words: feature.words } : {};
    return { name, type: of, input: names[i]!, ...(format === undefined ? {} : { format }), ...words };
  });
  return {
    kind: 'table',
    encoder,
    shape: [widthOf(encoder)],
    numbers: numbersOf(encoder).map(({ name }) => name),
    ...(codes.length > 0 ? { codes } : {}),
    types: encodedTypes(encoder),
    inputs: Object.fromEntries(served.map(({ input, type: of }) => [input, inputTypes[of]])),
    leftOut: encoder.leftOut,
    served: { features: served },
    torch: () => tableTorch(encoder),
    reference: (profile) => referenceOf(profile, encoder),
    front: (b, rows) => features(b, encoder, rows),
    encoded: (b, inputs) =>
      encoded(
        b,
        encoder,
        served.map(({ input }) => inputs[input]!),
      ),
  };
}

/** The encoding of rows as `encodeAll` makes them. Raw inputs are encoded as before. */
export function trainedEncoding(encoder: Encoder, profile: Pick<DatasetProfile, 'columns'>): TableEncoding {
  const encoding = tableEncoding(encoder, profile);
  if (!isNarrow(encoder)) return encoding;
  return {
    ...encoding,
    types: { input: type('float32', ['rows', widthOf(encoder)]) },
    front: (b, rows) => rows.input ?? encoding.front(b, rows),
  };
}

const inputTypes: Readonly<Record<ServedFeature['type'], Type>> = {
  number: type('float64', ['rows', 1]),
  timestamp: type('float64', ['rows', 1]),
  category: type('string', ['rows', 1]),
  boolean: type('string', ['rows', 1]),
};
