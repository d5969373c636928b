import { z } from 'zod';
import { partsToPut } from '#functions/http/upload-fields.ts';

/** Of a model or of an archive. */
export const startedUpload = z
  .strictObject({
    upload_id: z.string(),
    ...partsToPut,
    expires_in: z.int().meta({ description: 'Seconds' }),
  })
  .meta({ id: 'StartedUpload' });
