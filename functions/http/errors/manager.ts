/** The error bodies of the vault's document: an error's name, details by name, when, and the request. */
import { z } from 'zod';
import { errorName } from '#domain/error-name.ts';
import type { TrainyardError } from '#domain/errors.ts';
import { isoTime } from '#domain/times.ts';
import { explainedMessage, type FailedRequest } from './renderer.ts';

export const managerError = z
  .strictObject({
    error: z.string().meta({ description: 'A stable name', example: 'ModelNotFoundError' }),
    message: z.string().meta({ example: "Model 'classifier_v1.0' not found in manager 'production_manager'" }),
    details: z.record(z.string(), z.unknown()).meta({
      description: 'What the error is about, by name; of invalid input what was wrong, by field',
    }),
    timestamp: z.string(),
    request_id: z.string().meta({ description: 'To be quoted when asking for help' }),
  })
  .meta({ id: 'ManagerError' });

export const renderManagerError = (error: TrainyardError, request: FailedRequest): z.input<typeof managerError> => ({
  error: errorName(error.code),
  message: explainedMessage(error, request),
  details: { ...error.facts, ...Object.fromEntries(error.details.map(({ field, message }) => [field, message])) },
  timestamp: isoTime(request.at),
  request_id: request.id,
});
