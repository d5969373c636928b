import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { isoTime } from '#domain/times.ts';
import { ACTION_TYPES, type AuditFilter } from '#domain/vault/audit-trail.ts';
import { dayOrTime, endOf } from '#functions/http/day-or-time.ts';

const ACTION = `\\s*(?:${ACTION_TYPES.join('|')})\\s*`;
const LISTED = `${ACTION}(?:,${ACTION})*`;

/** Their keys have twelve digits. */
const MOST_ENTRIES = 999_999_999_999;

export const auditFilter = {
  start_date: dayOrTime.optional().meta({ example: '2025-01-01' }),
  end_date: dayOrTime.optional().meta({ description: 'A day is included', example: '2025-01-15' }),
  action_type: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'One, or several with commas between them', pattern: `^${LISTED}$` }),
  model_name: z.string().max(LIMITS.vault.name).optional().meta({ description: 'An addition' }),
  success: z.enum(['true', 'false']).optional().meta({ description: 'An addition' }),
  before_seq: z
    .int()
    .min(1)
    .max(MOST_ENTRIES)
    .optional()
    .meta({ description: 'An addition: only entries whose number in the chain is lower', example: 101 }),
};

const schema = z.strictObject(auditFilter);

/** Throws `ValidationError` for an action that is not known. */
export function filterOf(given: z.output<typeof schema>): AuditFilter {
  const {
    start_date: from,
    end_date: to,
    action_type: types,
    model_name: modelName,
    success,
    before_seq: beforeSeq,
  } = given;
  if (from !== undefined && to !== undefined && Date.parse(from) > Date.parse(to)) {
    throw ValidationError.of('start_date', `must not be after end_date (${to}); got ${from}`);
  }
  const actions = types?.split(',').map((type) => type.trim());
  const unknown = actions?.find((action) => !ACTION_TYPES.includes(action));
  if (unknown !== undefined) {
    throw ValidationError.of('action_type', `must be of ${ACTION_TYPES.join(', ')}; got ${JSON.stringify(unknown)}`);
  }
  return {
    from: from === undefined ? undefined : isoTime(Date.parse(from)),
    until: to === undefined ? undefined : isoTime(endOf(to)),
    actions,
    modelName,
    success: success === undefined ? undefined : success === 'true',
    beforeSeq,
  };
}
