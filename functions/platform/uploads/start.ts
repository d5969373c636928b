import { z } from 'zod';
import { startUpload } from '#domain/datasets/uploads.ts';
import { newId } from '#domain/ids.ts';
import { LIMITS } from '#domain/limits.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { newDataset } from '../datasets/fields.ts';
import { parsingOf } from '../datasets/parsing-fields.ts';
import { id, line } from '../fields.ts';

const body = z
  .strictObject({
    ...newDataset,
    file_name: line(255).default('data.csv').meta({ description: "The file's name on the client" }),
    file_size: z.int().min(1).max(LIMITS.upload.fileBytes).meta({ description: 'Bytes of the whole file' }),
  })
  .meta({ id: 'NewUpload' });

const answer = z
  .strictObject({
    upload_id: id,
    part_size: z.int().meta({ description: 'Bytes of every part but the last' }),
    parts: z.array(z.strictObject({ part: z.int(), url: z.string() })),
    expires_in: z.int().meta({ description: 'Seconds for which the URLs are valid' }),
  })
  .meta({ id: 'Upload' });

export const start = route({
  method: 'POST',
  path: '/datasets/uploads',
  summary: 'Start an upload in parts, for a file that does not fit into one request',
  description:
    'An addition to the document. `PUT` each part to its URL and keep the `ETag` of the response; ' +
    'then complete the upload with them.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { body: json(body) },
  responses: { 201: { description: 'The URLs of the parts', schema: answer } },
  async handler({ caller, body: { target, ...fields } }, { adapters }) {
    const { table, blobs, now } = adapters;
    const { name, description, dataset_type, file_name, file_size } = fields;
    const wanted = {
      ...{ name, description, dataset_type, file_name, file_size },
      requested_type: dataset_type,
      parsing: parsingOf(fields),
      id: newId(now()),
      account_id: caller.accountId,
      ...(target === undefined ? {} : { requested_target: target }),
    };
    const { partSize, parts } = await startUpload(table, blobs.datasets, wanted, now());
    return {
      status: 201,
      body: {
        upload_id: wanted.id,
        part_size: partSize,
        parts: parts.map(({ part, url }) => ({ part, url })),
        expires_in: LIMITS.upload.seconds,
      },
    };
  },
});
