/** Fields that say how a file is to be read: in JSON, in a form, and in a change. */
import { z } from 'zod';
import { DATE_ORDERS, separator } from '#domain/datasets/column-format.ts';
import {
  COLUMN_ROLES,
  columnChoice,
  DELIMITERS,
  type ParsingOptions,
  QUOTES,
} from '#domain/datasets/parsing-options.ts';
import { COLUMN_TYPES } from '#domain/datasets/profile.ts';
import { LIMITS } from '#domain/limits.ts';
import { showValue } from '#functions/http/validation/show.ts';

/** Bytes of what is said about columns, as JSON: it is kept in the dataset's record. */
const COLUMNS_BYTES = 100_000;

const columnsMeta = {
  description:
    'An addition: by name, what a column is for (`role`), what it is (`type`), and how its values are written. Whatever is not said is decided by what most values are',
  example: { order_id: { role: 'id' }, zip: { type: 'category' }, price: { decimal: ',' } } as const,
};
const columns = <Z extends z.ZodType>(choice: Z) =>
  z
    .record(z.string().min(1).max(LIMITS.csv.columnNameCharacters), choice)
    .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= COLUMNS_BYTES, {
      message: `must be at most ${COLUMNS_BYTES} bytes as JSON`,
    });
const missing = z
  .array(z.string().max(LIMITS.parsing.wordCharacters))
  .max(LIMITS.parsing.words)
  .meta({
    description:
      'An addition: the words for "no value", beside the empty cell. Default: the usual ones (`NA`, `n/a`, `null`, `-` …); for classes none',
    example: ['NA', 'unknown'],
  });

const delimiter = z
  .enum([...DELIMITERS, 'tab'])
  .transform((mark) => (mark === 'tab' ? '\t' : mark))
  .meta({ description: 'An addition: what separates cells. Default: detected' });
const quote = z.enum(QUOTES).meta({ description: 'An addition: what encloses cells. Default: detected' });
const decimal = z
  .enum(['.', ','])
  .meta({ description: 'An addition: the decimal mark of all columns. Default: decided for each column' });

const headerMeta = {
  description:
    'An addition: false where the first row of CSV or TSV has values, and no names: then the columns are called `column_1`, `column_2` and so on. Default: true',
};

const unlabelledMeta = {
  description:
    'An addition: true where no column is the target, because the data are only to be predicted (`POST /models/{model_id}/predict/batch`)',
};

/** A field of a form that is true or false. */
const truth = z.enum(['true', 'false']).transform((text) => text === 'true');

/** A field of a form that is JSON. */
export const asJson = <Z extends z.ZodType>(schema: Z) =>
  z
    .string()
    .transform((text, { addIssue }): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        addIssue({ code: 'custom', message: `must be JSON; got ${showValue(text)}` });
        return z.NEVER;
      }
    })
    .pipe(schema);

/** How a file is to be read, in a JSON body. */
export const parsingFields = {
  delimiter: delimiter.exactOptional(),
  quote: quote.exactOptional(),
  header: z.boolean().meta(headerMeta).exactOptional(),
  decimal: decimal.exactOptional(),
  missing: missing.exactOptional(),
  columns: columns(columnChoice).meta(columnsMeta).exactOptional(),
  unlabelled: z.boolean().meta(unlabelledMeta).exactOptional(),
};

/** The same in a form: what is not text is JSON. */
export const parsingForm = {
  ...parsingFields,
  missing: asJson(missing).meta({ description: 'An addition: a JSON array of words for "no value"' }).exactOptional(),
  columns: asJson(columns(columnChoice))
    .meta({ description: 'An addition: a JSON object of columns, as in `PATCH /datasets/{dataset_id}`' })
    .exactOptional(),
  header: truth.meta(headerMeta).exactOptional(),
  unlabelled: truth.meta(unlabelledMeta).exactOptional(),
};

/** What changes how a file is read: null goes back to what is decided from the file. */
export const parsingChange = {
  delimiter: delimiter.nullable().exactOptional(),
  quote: quote.nullable().exactOptional(),
  header: z.boolean().nullable().meta(headerMeta).exactOptional(),
  decimal: decimal.nullable().exactOptional(),
  missing: missing.nullable().exactOptional(),
  unlabelled: z.boolean().nullable().meta(unlabelledMeta).exactOptional(),
  columns: columns(
    z
      .strictObject({
        role: z.enum(COLUMN_ROLES).nullable().exactOptional(),
        type: z.enum(COLUMN_TYPES).nullable().exactOptional(),
        decimal: decimal.nullable().exactOptional(),
        date_order: z.enum(DATE_ORDERS).nullable().exactOptional(),
        missing: missing.nullable().exactOptional(),
        separator: separator.nullable().exactOptional(),
      })
      .nullable(),
  )
    .meta(columnsMeta)
    .exactOptional(),
};

/** The part of such fields that says how the file is to be read. */
export function parsingOf({
  delimiter,
  quote,
  header,
  decimal,
  missing,
  columns,
  unlabelled,
}: ParsingOptions): ParsingOptions {
  return {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quote === undefined ? {} : { quote }),
    ...(header === undefined ? {} : { header }),
    ...(decimal === undefined ? {} : { decimal }),
    ...(missing === undefined ? {} : { missing }),
    ...(columns === undefined ? {} : { columns }),
    ...(unlabelled === undefined ? {} : { unlabelled }),
  };
}
