/** How the values of a column are written. It is decided once for the whole column, and training and prediction read by it. */
import { z } from 'zod';

/** Of dates such as 05/04/24, what stands first; the year only where it has two digits, and then the month follows. */
export const DATE_ORDERS = ['day_first', 'month_first', 'year_first'] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

/** What may stand between the labels of a cell. */
export const separator = z.enum(['|', ';', ',', '/']);
export type Separator = z.infer<typeof separator>;

export const columnFormat = z.object({
  /** Of numbers. */
  decimal: z.enum(['.', ',']).optional(),
  /** What stands beside numbers, such as `kg`, where anything does. */
  units: z.array(z.string()).optional(),
  /** Of dates such as 05/04/2024. */
  date_order: z.enum(DATE_ORDERS).optional(),
  /** Other marks or orders that fit as well, where nothing in the file settles it: predictions take the model's. */
  open: z.array(z.enum(['.', ',', ...DATE_ORDERS])).optional(),
  /** Words that mean "no value" beside the empty cell. Absent: the usual ones. */
  missing: z.array(z.string()).optional(),
  /** What words are before they are compared: numbers and truth values have many spellings. */
  words: z.enum(['text', 'number', 'boolean']).optional(),
  /** Whether words are compared without regard to how accents are composed. Absent: an earlier build read the column. */
  composed: z.literal(true).optional(),
  /** What stands between the labels of a cell. */
  separator: separator.optional(),
});
export type ColumnFormat = z.infer<typeof columnFormat>;
