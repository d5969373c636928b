/** Fields of uploads in parts, which every surface has that takes large files. */
import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';

/** Of what starts one: where its parts are put. */
export const partsToPut = {
  part_size: z.int().meta({ description: 'Bytes of every part but the last' }),
  parts: z.array(z.strictObject({ part: z.int(), url: z.string() })),
};

/** Of what completes one. */
export const uploadedParts = z
  .array(
    z.strictObject({
      part: z.int().min(1).max(LIMITS.upload.parts),
      etag: z.string().min(1).max(256).meta({ description: 'The `ETag` header of the response to the part' }),
    }),
  )
  .min(1)
  .max(LIMITS.upload.parts);
