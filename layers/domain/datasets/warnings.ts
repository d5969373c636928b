/** What was decided about a file that its owner may see differently: what it costs, and how to overrule it. */
import { z } from 'zod';

export const datasetWarning = z.object({
  /** Stable. */
  code: z.string(),
  column: z.string().nullable(),
  /** The first value that it is about, and its row (from 1 after the header). */
  first_value: z.string().nullable(),
  first_row: z.number().int().nullable(),
  /** How many rows it is about. */
  rows: z.number().int().nonnegative(),
  message: z.string(),
  cost: z.string(),
  /** A body for `PATCH /datasets/{id}` that decides otherwise; null where nothing can. */
  overrule: z
    .object({
      delimiter: z.string().exactOptional(),
      header: z.boolean().exactOptional(),
      dataset_type: z.string().exactOptional(),
      columns: z.record(z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string())]))).exactOptional(),
    })
    .nullable(),
});
export type DatasetWarning = z.infer<typeof datasetWarning>;

/** Jobs and models carry this many of the dataset's warnings, the most important ones. */
const CARRIED = 20;

export const carriedWarnings = (warnings: readonly DatasetWarning[] = []): DatasetWarning[] =>
  warnings.slice(0, CARRIED);

/** A warning on one line. */
export const warningLine = ({ code, column, message, cost }: DatasetWarning): string =>
  `${code}: ${column === null ? '' : `column ${JSON.stringify(column)}: `}${message}. ${cost}`;
