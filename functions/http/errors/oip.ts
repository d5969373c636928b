/** The error bodies of the Open Inference Protocol: one sentence. */
import { z } from 'zod';
import type { TrainyardError } from '#domain/errors.ts';
import { describedMessage, type FailedRequest } from './renderer.ts';

export const oipError = z
  .strictObject({ error: z.string().meta({ example: 'Model penguins not found' }) })
  .meta({ id: 'InferenceError' });

export const renderOipError = (
  error: TrainyardError,
  request: Pick<FailedRequest, 'presented'>,
): z.input<typeof oipError> => ({
  error: describedMessage(error, request),
});
