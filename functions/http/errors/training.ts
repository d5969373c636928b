/** The error bodies of the training service: a code in capitals, and when. */
import { z } from 'zod';
import type { TrainyardError } from '#domain/errors.ts';
import { isoTime } from '#domain/times.ts';
import { describedMessage, type FailedRequest } from './renderer.ts';

export const trainingError = z
  .strictObject({
    status: z.literal('error'),
    error: z.string().meta({ example: 'Model deberta-v3-base not found' }),
    code: z.string().meta({ description: 'A stable code', example: 'MODEL_NOT_FOUND' }),
    timestamp: z.string(),
  })
  .meta({ id: 'TrainingError' });

export const renderTrainingError = (error: TrainyardError, request: FailedRequest): z.input<typeof trainingError> => ({
  status: 'error',
  error: describedMessage(error, request),
  code: error.code.toUpperCase(),
  timestamp: isoTime(request.at),
});
