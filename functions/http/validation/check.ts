import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { detailsOf } from './issues.ts';
import { type Budget, stopping } from './stopping.ts';

const MOST = LIMITS.error.details;

/**
 * The value as the schema makes it. `root` is the field named where the value as a whole is wrong; `within` comes
 * before the names of fields. Throws `ValidationError` with a detail for each thing that is wrong; it stops looking when
 * there are as many as an error lists, so that a bad value takes no longer than a good one.
 */
export function check<Z extends z.ZodType>(
  schema: Z,
  value: unknown,
  where: { readonly root: string; readonly within?: string },
): z.output<Z> {
  const budget: Budget = { left: MOST, stopped: false };
  const context = { reportInput: true, error: shortMessage, budget };
  const result = z.safeParse(stopping(schema), value, context);
  if (result.success) return result.data as z.output<Z>;
  const details = detailsOf(result.error.issues, schema, where)
    .take(MOST + 1)
    .toArray();
  throw new ValidationError(details, undefined, budget.stopped || details.length > MOST);
}

/** Zod's own message would name every one of the unknown fields, however many there are. */
const shortMessage = ({ code }: { readonly code?: string }): string | undefined =>
  code === 'unrecognized_keys' ? 'has unknown fields' : undefined;
