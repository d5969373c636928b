import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { detailsOf } from './issues.ts';

/**
 * The parsed value. `root` is the field to name if the value as a whole is wrong; `within` is a prefix for the names of
 * fields. Throws `ValidationError` with one detail for each fault.
 */
export function check<Z extends z.ZodType>(
  schema: Z,
  value: unknown,
  where: { readonly root: string; readonly within?: string },
): z.output<Z> {
  const result = z.safeParse(schema, value, { reportInput: true });
  if (result.success) return result.data;
  throw new ValidationError(detailsOf(result.error.issues, schema, where));
}
