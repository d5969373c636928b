import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { multipart } from '#functions/http/body/multipart.ts';
import { route } from '#functions/http/route.ts';
import { previewFile } from '#learning/preview.ts';
import { ANY_CONTENT, FORMATS_TAKEN, previewForm } from './fields.ts';
import { bytesOf } from './inspect-file.ts';
import { parsingOf } from './parsing-fields.ts';
import { previewAnswer, showPreview } from './preview-fields.ts';

const form = z.strictObject(previewForm).meta({ id: 'PreviewForm' });

export const previewUpload = route({
  method: 'POST',
  path: '/datasets/preview',
  summary: 'See how a file would be read',
  description:
    'An addition to the document. Only the first 256 KiB of the file are looked at, so that its beginning is enough, but for ZIP and Parquet, which are read from their end; nothing is stored.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: {
    body: multipart(form, {
      description: `The file, or the beginning of it: ${FORMATS_TAKEN}`,
      contentType: ANY_CONTENT,
    }),
  },
  responses: { 200: { description: 'The first rows', schema: previewAnswer } },
  async handler({ body: { file, fields } }) {
    const { target, dataset_type: task } = fields;
    const options = { parsing: parsingOf(fields), target, task, rows: LIMITS.previewRows, fileName: file.name };
    return { status: 200, body: showPreview(await previewFile(bytesOf(file), options)) };
  },
});
