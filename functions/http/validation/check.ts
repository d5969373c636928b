import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { detailsOf } from './issues.ts';

/**
 * The value as the schema makes it. `root` is the field named where the value as a whole is wrong; `within` comes
 * before the names of fields. Throws `ValidationError` with one detail for each thing that is wrong.
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
