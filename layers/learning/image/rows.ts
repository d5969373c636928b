/** Images as rows of numbers with their targets, whatever the file that they come from. */
import type { ColumnFormat } from '#domain/datasets/column-format.ts';
import type { Target } from '../table/columns.ts';

/** [channels, height, width]. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** Of pixels: bytes from 0 to 255, or numbers in a unit of their own. */
export const PIXEL_VALUES = ['bytes', 'numbers'] as const;
export type PixelValues = (typeof PIXEL_VALUES)[number];

export interface ImageRows {
  readonly target: Target;
  readonly shape: ImageShape;
  readonly values: PixelValues;
  /** Of a table, the columns that are the pixels. */
  readonly columns?: readonly string[];
  /** How those are written that are not as usual, by name. */
  readonly formats?: Record<string, ColumnFormat>;
  readonly leftOut: readonly string[];
  /** One row after another, [channels, height, width]. A row is valid until the next one is requested. */
  read(): AsyncIterable<Uint8Array | Float32Array>;
}

/** The image's sides that a family asks for, or those that the data have. */
export function sideOf(
  wanted: number | undefined,
  has: { readonly width: number; readonly height: number },
  same: boolean,
) {
  if (wanted !== undefined) return { width: wanted, height: wanted };
  if (same && has.width <= MOST_SIDE && has.height <= MOST_SIDE) return has;
  const side = Math.min(DEFAULT_SIDE, Math.max(has.width, has.height));
  return { width: side, height: side };
}

/** Images of one size are left as they are up to here. */
const MOST_SIDE = 128;
/** Of images of many sizes. */
const DEFAULT_SIDE = 64;
