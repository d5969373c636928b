/** The envelope of every answer of the catalog. */
import { z } from 'zod';

const head = { code: z.literal(0), message: z.literal('success') };

export const envelope = <D extends z.ZodType>(data: D) => z.strictObject({ ...head, data });

/** Of an answer without data. */
export const emptyEnvelope = z.strictObject(head);

export const done = { code: 0, message: 'success' } as const;

export const success = <D>(data: D) => ({ ...done, data });
