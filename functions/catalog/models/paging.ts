import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';

/** Which page: both are required. */
export const pageFields = {
  page: z.int().min(1).max(LIMITS.page).meta({ description: 'Page number, from 1', example: 1 }),
  size: z.int().min(1).max(LIMITS.pageSize).meta({ description: 'Items per page', example: 8 }),
};
