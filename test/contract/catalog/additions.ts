/** The fields that the catalog's answers have and its document's have not. */
import { integer, type Shape, time } from '../shape.ts';

export const ADDITIONS = {
  model: { version: integer, created_at: time, updated_at: time },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Shape>>>>;
