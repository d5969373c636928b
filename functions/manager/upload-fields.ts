/** Fields of uploads in parts, of a model or of an archive. */
import { z } from 'zod';

export const startedUpload = z
  .strictObject({
    upload_id: z.string(),
    part_size: z.int().meta({ description: 'Bytes of every part but the last' }),
    parts: z.array(z.strictObject({ part: z.int(), url: z.string() })),
    expires_in: z.int().meta({ description: 'Seconds' }),
  })
  .meta({ id: 'StartedUpload' });

export const uploadedParts = z
  .array(
    z.strictObject({
      part: z.int().min(1).max(10_000),
      etag: z.string().min(1).max(256).meta({ description: 'The `ETag` header of the response to the part' }),
    }),
  )
  .min(1)
  .max(10_000);
