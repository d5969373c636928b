/** Fields that several routes have. */
import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';

/** One line of visible text. */
export const line = (max: number) =>
  z
    .string()
    .min(1, { abort: true })
    .max(max, { abort: true })
    .regex(/^[^\S\p{Cc}]*[^\s\p{Cc}]\P{Cc}*$/u, 'must have a visible character and no control characters');

/** Text that may have several lines, or be empty. */
export const paragraph = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^(?:\P{Cc}|[\t\n\r])*$/u, 'must have no control characters but tabs and line breaks');

export const id = z.uuid().meta({ example: '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55' });

export const time = z.iso.datetime().meta({ example: '2026-01-01T00:00:00.000Z' });

export const page = z.int().min(1).max(LIMITS.page).default(1).meta({ description: 'Page number' });
export const limit = z.int().min(1).max(LIMITS.pageSize).default(10).meta({ description: 'Items per page' });

/** The part of `items` that a page shows. */
export const slicePage = <T>(items: readonly T[], of: { page: number; limit: number }): T[] =>
  items.slice((of.page - 1) * of.limit, of.page * of.limit);

/** Seconds, rounded to milliseconds, between two times or from one until `now` (epoch milliseconds). */
export function secondsBetween(from: string, to: string | number): number {
  const end = typeof to === 'number' ? to : Date.parse(to);
  return Math.max(0, Math.round(end - Date.parse(from)) / 1000);
}
