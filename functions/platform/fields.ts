/** Fields that several routes have. */
import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { CURSOR_CHARACTERS } from '#domain/lists/cursor.ts';
import { anyJson, line, nameLine, paragraph, time } from '#functions/http/fields.ts';

export { anyJson, line, nameLine, paragraph, time };

export const id = z.uuid().meta({ example: '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55' });

/** How many items of a list at once. */
export const limit = z.int().min(1).max(LIMITS.pageSize).default(10).meta({ description: 'Items per page' });

/** The query of a list: which page. */
export const paging = {
  page: z.int().min(1).max(LIMITS.page).optional().meta({
    default: 1,
    description: 'Page number. Not together with `cursor`, nor with filters that are an addition',
  }),
  limit,
  cursor: z.string().min(1).max(CURSOR_CHARACTERS).optional().meta({
    description:
      'An addition: `next_cursor` of the page before, with the same filters and order. What is created or deleted in the meantime moves no other item to another page',
  }),
};

export const order = z.enum(['asc', 'desc']);

export const ORDERS = { asc: 'ascending', desc: 'descending' } as const;

/** The fields of a list's answer beside its items. */
export const pageAnswer = {
  total: z.int().nullable().meta({ description: 'Of all pages; null with filters that are an addition' }),
  page: z.int(),
  limit: z.int(),
};

export const nextCursor = z.string().nullable().meta({
  description:
    'An addition: the `cursor` of the next page; null at the end. With filters that are an addition, a page may have fewer items than `limit`, or none, before the end',
});

/** An addition to a list's query. */
export const namePrefix = line(LIMITS.modelName.max)
  .optional()
  .meta({ description: 'An addition: only those whose names begin so; case does not matter' });
export const timeFrom = time.optional().meta({ description: 'An addition: only those of this time or later' });
export const timeBefore = time.optional().meta({ description: 'An addition: only those before this time' });

/** Seconds, rounded to milliseconds, between two times or from one until `now` (epoch milliseconds). */
export function secondsBetween(from: string, to: string | number): number {
  const end = typeof to === 'number' ? to : Date.parse(to);
  return Math.max(0, Math.round(end - Date.parse(from)) / 1000);
}
