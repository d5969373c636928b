/** Fields of uploads in parts, of a model or of an archive. */
import { z } from 'zod';
import type { SignedParts } from '#domain/vault/staged.ts';
import { partsToPut } from '#functions/http/upload-fields.ts';
import { managerPath, time } from './fields.ts';

export const uploadPath = managerPath.extend({ upload_id: z.uuid() });

export const startedUpload = z
  .strictObject({
    upload_id: z.string(),
    ...partsToPut,
    expires_in: z.int().meta({
      description:
        'Seconds for which the URLs are valid: as long as the upload, or until the credentials end that signed them. A GET of the upload has new ones',
      example: 3600,
    }),
    complete_by: time.meta({ description: 'When the upload ends that is not completed' }),
    warnings: z.array(z.string()).meta({ description: 'What was asked for and has no effect' }),
  })
  .meta({ id: 'StartedUpload' });

export const showUpload = (
  id: string,
  { partSize, parts, seconds, until }: SignedParts,
  warnings: readonly string[] = [],
): z.input<typeof startedUpload> => ({
  upload_id: id,
  part_size: partSize,
  parts: parts.map(({ part, url }) => ({ part, url })),
  expires_in: seconds,
  complete_by: until,
  warnings: [...warnings],
});
