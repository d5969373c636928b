import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { multipart } from '#functions/http/body/multipart.ts';
import { route } from '#functions/http/route.ts';
import { previewFile } from '#learning/preview.ts';
import { previewForm } from './fields.ts';
import { beginningOf } from './inspect-file.ts';
import { parsingOf } from './parsing-fields.ts';
import { previewAnswer, showPreview } from './preview-fields.ts';

const form = z.strictObject(previewForm).meta({ id: 'PreviewForm' });

export const previewUpload = route({
  method: 'POST',
  path: '/datasets/preview',
  summary: 'See how a file would be read',
  description:
    'An addition to the document. Only the first 256 KiB of the file are looked at, so that its beginning is enough; nothing is stored.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: {
    body: multipart(form, { description: 'The file, or the beginning of it (CSV)', contentType: 'text/csv' }),
  },
  responses: { 200: { description: 'The first rows', schema: previewAnswer } },
  async handler({ body: { file, fields } }) {
    const { target, dataset_type: task } = fields;
    const options = { parsing: parsingOf(fields), target, task, rows: LIMITS.previewRows };
    return { status: 200, body: showPreview(previewFile(await beginningOf(file), options)) };
  },
});
