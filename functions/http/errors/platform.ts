/** The error bodies of the platform's document. */
import { z } from 'zod';
import { RateLimitError, type TrainyardError, UnavailableError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { type FailedRequest, publicMessage } from './renderer.ts';

export const platformError = z
  .strictObject({
    error: z.string().meta({ description: 'A stable code', example: 'validation_error' }),
    message: z.string().meta({ example: 'Invalid input data' }),
    details: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .max(LIMITS.error.details)
      .optional()
      .meta({
        description:
          'What was wrong: the field, its bound and the value received. Of more than so many things the first ones; the message says so',
        example: [{ field: 'hyperparameters.batch_size', message: 'must be between 1 and 65536; got 0' }],
      }),
    retry_after: z.int().optional().meta({ description: 'Seconds until another try can succeed' }),
    request_id: z.string().optional().meta({ description: 'To be quoted when asking for help' }),
  })
  .meta({ id: 'Error' });

export function renderPlatformError(
  error: TrainyardError,
  request: Pick<FailedRequest, 'id'>,
): z.input<typeof platformError> {
  const retries = error instanceof RateLimitError || error instanceof UnavailableError;
  return {
    error: error.code,
    message: publicMessage(error),
    ...(error.details.length > 0 ? { details: error.details.map(({ field, message }) => ({ field, message })) } : {}),
    ...(retries ? { retry_after: error.retryAfter } : {}),
    ...(error.status >= 500 ? { request_id: request.id } : {}),
  };
}
