import type { z } from 'zod';
import type { ErrorRenderer } from './renderer.ts';

/** The bodies of errors: their schema, and what renders them. */
export interface ErrorFormat {
  readonly schema: z.ZodType;
  readonly render: ErrorRenderer;
}
