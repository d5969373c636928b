/** The error bodies of the catalog: its envelope without data, and the status as the code. */
import { z } from 'zod';
import type { TrainyardError } from '#domain/errors.ts';
import { describedMessage, type FailedRequest } from './renderer.ts';

export const catalogError = z
  .strictObject({
    code: z.int().meta({ description: 'The HTTP status', example: 404 }),
    message: z.string().meta({ example: 'Model not found' }),
  })
  .meta({ id: 'CatalogError' });

export const renderCatalogError = (
  error: TrainyardError,
  request: Pick<FailedRequest, 'presented'>,
): z.input<typeof catalogError> => ({
  code: error.status,
  message: describedMessage(error, request),
});
