import { z } from 'zod';
import { findDataset } from '#domain/datasets/read.ts';
import { completeUpload, findUpload, uploadNotFound } from '#domain/datasets/uploads.ts';
import { roomFor } from '#domain/installation/storage.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { uploadedParts } from '#functions/http/upload-fields.ts';
import { announce } from '../datasets/announce.ts';
import { datasetAnswer, showDataset } from '../datasets/fields.ts';
import { inspectFile } from '../datasets/inspect-file.ts';
import { storedFile } from '../datasets/stored-file.ts';
import { earlyReadings } from './early-readings.ts';
import { uploadPath } from './fields.ts';

const body = z.strictObject({ parts: uploadedParts }).meta({ id: 'UploadParts' });

export const complete = route({
  method: 'POST',
  path: '/datasets/uploads/{upload_id}/complete',
  summary: 'Complete an upload in parts and create the dataset',
  description: 'An addition to the document. Completing it again answers 200 with the dataset that it became.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: { path: uploadPath, body: json(body) },
  responses: {
    200: { description: 'It was complete already', schema: datasetAnswer },
    201: { description: 'Uploaded; to be processed', schema: datasetAnswer },
  },
  async resource({ caller, path: { upload_id } }, { adapters: { table } }) {
    const found = await findUpload(table, caller.accountId, upload_id);
    const dataset = found ? undefined : await findDataset(table, caller.accountId, upload_id);
    if (!found && !dataset) throw uploadNotFound(upload_id);
    return { found, dataset };
  },
  async handler({ resource: { found, dataset }, body: { parts } }, { adapters, settings, logger }) {
    const { table, blobs, now } = adapters;
    if (!found) return { status: 200, body: showDataset(dataset!) };
    const inspect = async () =>
      inspectFile(storedFile(adapters, found), {
        parsing: found.parsing ?? {},
        target: found.requested_target,
        task: found.requested_type ?? found.dataset_type,
      });
    const room = roomFor(table, found.account_id, found.file_size, settings.caps);
    const created = await completeUpload(table, blobs.datasets, found, { parts, inspect, room }, now());
    const early = earlyReadings.take(created.id);
    if (early === undefined) await announce(adapters, logger, created);
    else await early.announce({ adapters, settings, logger }, created);
    return { status: 201, body: showDataset(created) };
  },
});
