/** A deletion has to be confirmed, in its body or in its query. */
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';

export const confirmationBody = {
  confirm_deletion: z.boolean().optional(),
};

/** Python writes `True`. */
export const flag = z.enum(['true', 'false', 'True', 'False']).optional();

export const confirmationQuery = { confirm_deletion: flag.meta({ description: 'As in the body' }) };
export const backupQuery = { backup_before_delete: flag.meta({ description: 'As in the body' }) };

/** What the body says, or else the query. */
export const given = (body: boolean | undefined, query: z.output<typeof flag>): boolean | undefined =>
  body ?? (query === undefined ? undefined : query.toLowerCase() === 'true');

/** Throws `ValidationError`. */
export function requireConfirmation(confirmed: boolean | undefined): void {
  if (confirmed === true) return;
  throw ValidationError.of('confirm_deletion', `must be true; got ${confirmed === undefined ? 'nothing' : 'false'}`);
}
