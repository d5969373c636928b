import { z } from 'zod';
import type { StartedUpload } from '#domain/datasets/uploads.ts';
import { partsToPut } from '#functions/http/upload-fields.ts';
import { id } from '../fields.ts';

export const uploadPath = z.strictObject({ upload_id: id });

export const uploadAnswer = z
  .strictObject({
    upload_id: id,
    ...partsToPut,
    expires_in: z.int().meta({
      description: 'Seconds for which the URLs are valid: a day, or until the credentials end that signed them',
      example: 3600,
    }),
  })
  .meta({ id: 'Upload' });

export const showUpload = (id: string, { partSize, parts, seconds }: StartedUpload): z.input<typeof uploadAnswer> => ({
  upload_id: id,
  part_size: partSize,
  parts: parts.map(({ part, url }) => ({ part, url })),
  expires_in: seconds,
});
