/**
 * The columns of a table as its first reading leaves them beside the file, so that a training need not read its text again:
 *
 *     group of rows ─ group of rows ─ … ─ directory ─ length of the directory, its CRC-32, version
 *
 * A group has some rows of every column: a heading, which says how each column's values lie in it, and then the values.
 * Numbers are what a training's reader makes of the cells; of other cells each different spelling has a number, which it gets
 * in the order in which spellings occur first.
 */
import { z } from 'zod';
import { columnFormat } from '#domain/datasets/column-format.ts';
import type { COLUMN_TYPES } from '#domain/datasets/profile.ts';

/** Changes with the layout, and with what readers make of a cell. Files of other versions are not used. */
export const VERSION = 1;

/** How the values of a column lie in a group. `none`: it is not recorded, or not any more. */
export const LAYOUTS = ['none', 'float64', 'float32', 'uint8', 'uint16'] as const;
export type Layout = (typeof LAYOUTS)[number];

/** Of a file: two numbers of four bytes, and `MARK`. */
export const TAIL_BYTES = 16;
export const MARK = Buffer.from(`columns${String.fromCharCode(VERSION)}`, 'latin1');
/** Of a heading: the length of what follows, and its CRC-32. */
export const HEADING_BYTES = 8;

export const heading = z.object({
  rows: z.int().positive(),
  columns: z.array(
    z.object({
      layout: z.enum(LAYOUTS),
      bytes: z.int().nonnegative(),
      crc32: z.int().nonnegative(),
      /** Spellings that no group before has. */
      words: z.array(z.string()).exactOptional(),
    }),
  ),
});
export type Heading = z.infer<typeof heading>;

/** How the cells of a column were read. */
export const recorded = z.discriminatedUnion('as', [
  z.object({ as: z.literal('numbers'), type: z.enum(['number', 'timestamp']), format: columnFormat }),
  /** By their spellings: they can be read in any way afterwards. */
  z.object({ as: z.literal('words') }),
  z.object({ as: z.literal('nothing') }),
]);
export type Recorded = z.infer<typeof recorded>;

/** What the file is of, and what it has. */
export const directory = z.object({
  /** Of the file whose columns these are, and how it was divided into cells. */
  sha256: z.string(),
  delimiter: z.string().exactOptional(),
  quote: z.string().exactOptional(),
  rows: z.int().nonnegative(),
  columns: z.array(z.object({ name: z.string(), recorded })),
});
export type Directory = z.infer<typeof directory>;

/** The types of what is recorded as numbers. */
export type NumberType = Extract<(typeof COLUMN_TYPES)[number], 'number' | 'timestamp'>;

/** Of smaller files nothing is recorded: they are read as soon. */
export const RECORDED_BYTES = 4 * 1_048_576;

/** Values of a group that are held at once by whoever writes it. */
const GROUP_VALUES = 2 ** 22;
const GROUP_ROWS = { least: 256, most: 65_536 };

/** How many rows a group has, of a table of so many columns. */
export const groupRows = (columns: number): number =>
  Math.max(GROUP_ROWS.least, Math.min(GROUP_ROWS.most, Math.floor(GROUP_VALUES / columns)));
