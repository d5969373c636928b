/** Where a period begins or ends: a time, or a whole day. */
import { z } from 'zod';

export const dayOrTime = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'must be a date such as 2025-01-15, or a time such as 2025-01-15T10:30:00Z',
});

const DAY_MS = 86_400_000;
const DATE_CHARACTERS = 10;

/** The first millisecond after it: a day is included, and so is a time. */
export const endOf = (given: string): number => Date.parse(given) + (given.length === DATE_CHARACTERS ? DAY_MS : 1);
