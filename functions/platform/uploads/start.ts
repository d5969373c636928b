import { z } from 'zod';
import { startUpload } from '#domain/datasets/uploads.ts';
import { newId } from '#domain/ids.ts';
import { reserveBytes } from '#domain/installation/storage.ts';
import { LIMITS } from '#domain/limits.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { newDataset } from '../datasets/fields.ts';
import { parsingOf } from '../datasets/parsing-fields.ts';
import { line } from '../fields.ts';
import { earlyReadings } from './early-readings.ts';
import { showUpload, uploadAnswer } from './fields.ts';

const body = z
  .strictObject({
    ...newDataset,
    file_name: line(255).default('data.csv').meta({ description: "The file's name on the client" }),
    file_size: z.int().min(1).max(LIMITS.upload.fileBytes).meta({ description: 'Bytes of the whole file' }),
  })
  .meta({ id: 'NewUpload' });

export const start = route({
  method: 'POST',
  path: '/datasets/uploads',
  summary: 'Start an upload in parts, for a file that does not fit into one request',
  description:
    'An addition to the document. `PUT` each part to its URL and keep the `ETag` of the response; ' +
    'then complete the upload with them, within a day. `GET /datasets/uploads/{upload_id}` has new URLs when these have expired.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { body: json(body) },
  responses: { 201: { description: 'The URLs of the parts', schema: uploadAnswer } },
  async handler({ caller, body: { target, ...fields } }, { adapters, settings, logger }) {
    const { table, blobs, now } = adapters;
    const { name, description, dataset_type, file_name, file_size } = fields;
    await reserveBytes(table, caller.accountId, file_size, settings.caps);
    const wanted = {
      ...{ name, description, dataset_type, file_name, file_size },
      requested_type: dataset_type,
      parsing: parsingOf(fields),
      id: newId(now()),
      account_id: caller.accountId,
      ...(target === undefined ? {} : { requested_target: target }),
    };
    const started = await startUpload(table, blobs.datasets, wanted, now());
    earlyReadings.begin({ adapters, settings, logger }, started.upload, started.parts.length);
    return { status: 201, body: showUpload(wanted.id, started) };
  },
});
