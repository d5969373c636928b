/** The error bodies of the document of `/api/v1/models`: a code in capitals and a message that says all. */
import { z } from 'zod';
import type { TrainyardError } from '#domain/errors.ts';
import { describedMessage, type FailedRequest } from './renderer.ts';

export const modelsError = z
  .strictObject({
    code: z.string().meta({ description: 'A stable code', example: 'RESOURCE_NOT_FOUND' }),
    message: z.string().meta({ example: 'Model 7 not found' }),
  })
  .meta({ id: 'ModelsError' });

/** Codes whose name differs from the platform's in more than its case. */
const CODES: Readonly<Record<string, string>> = { not_found: 'RESOURCE_NOT_FOUND' };

export function renderModelsError(
  error: TrainyardError,
  request: Pick<FailedRequest, 'presented'>,
): z.input<typeof modelsError> {
  return {
    code: CODES[error.code] ?? error.code.toUpperCase(),
    message: describedMessage(error, request),
  };
}
