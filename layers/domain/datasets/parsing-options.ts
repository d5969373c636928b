/** What the owner of a dataset says about how its file is to be read. Whatever is not said is decided from the file. */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { DATE_ORDERS, separator } from './column-format.ts';
import { COLUMN_TYPES } from './profile.ts';

export const DELIMITERS = [',', ';', '\t', '|'] as const;
export const QUOTES = ['"', "'", 'none'] as const;

/**
 * What a column is for. `id` and `ignore` are left out; rows of one `group` stay together; `time` orders the rows. Several
 * columns that are each a `label` are the target together.
 */
export const COLUMN_ROLES = ['feature', 'target', 'label', 'id', 'ignore', 'group', 'time'] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

const word = z.string().max(LIMITS.parsing.wordCharacters);
const missing = z.array(word).max(LIMITS.parsing.words);
const decimal = z.enum(['.', ',']);

export const columnChoice = z.strictObject({
  role: z.enum(COLUMN_ROLES).exactOptional(),
  type: z.enum(COLUMN_TYPES).exactOptional(),
  decimal: decimal.exactOptional(),
  date_order: z.enum(DATE_ORDERS).exactOptional(),
  missing: missing.exactOptional(),
  /** Of a target whose cells have several labels. */
  separator: separator.exactOptional(),
});
export type ColumnChoice = z.infer<typeof columnChoice>;

export const parsingOptions = z.object({
  delimiter: z.enum(DELIMITERS).exactOptional(),
  quote: z.enum(QUOTES).exactOptional(),
  /** Whether the first row has the names of the columns. Default: true. */
  header: z.boolean().exactOptional(),
  /** Of all columns that do not say otherwise. */
  decimal: decimal.exactOptional(),
  /** The words for "no value" beside the empty cell, in all columns that do not say otherwise. */
  missing: missing.exactOptional(),
  columns: z.record(z.string(), columnChoice).exactOptional(),
  /** No column is the target: the data are only to be predicted. */
  unlabelled: z.boolean().exactOptional(),
});
export type ParsingOptions = z.infer<typeof parsingOptions>;

/** The column that is chosen as the target, if one is. */
export const chosenTarget = (parsing: ParsingOptions): string | undefined => roledColumns(parsing, 'target')[0];

/** The columns that have a role. */
export const roledColumns = ({ columns = {} }: ParsingOptions, role: ColumnRole): readonly string[] =>
  Object.keys(columns).filter((name) => columns[name]!.role === role);
