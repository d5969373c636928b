import { z } from 'zod';
import { blobKeys } from '#domain/blob-keys.ts';
import { createDataset, type NewDataset } from '#domain/datasets/change.ts';
import { contentTypeOf } from '#domain/datasets/file-format.ts';
import { ConflictError, StorageLimitError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { reserveBytes, roomFor } from '#domain/installation/storage.ts';
import { markOrphaned } from '#domain/orphans.ts';
import { isoTime } from '#domain/times.ts';
import { multipart } from '#functions/http/body/multipart.ts';
import { route } from '#functions/http/route.ts';
import { deleteFiles } from '../delete-files.ts';
import { announce } from './announce.ts';
import { ANY_CONTENT, datasetAnswer, datasetForm, FORMATS_TAKEN, showDataset } from './fields.ts';
import { bytesOf, inspectFile } from './inspect-file.ts';
import { parsingOf } from './parsing-fields.ts';

const form = z.strictObject(datasetForm).meta({ id: 'DatasetForm' });

/** After so long the sweep deletes a file whose record was never written. */
const ABANDONED_MILLISECONDS = 3_600_000;
const NAME_CHARACTERS = 255;

export const upload = route({
  method: 'POST',
  path: '/datasets/upload',
  summary: 'Upload a new dataset for training',
  description: `A table: ${FORMATS_TAKEN}. Or images in a ZIP or an .npz. The format is recognised by its content. Under a name that there is already, it becomes the next version.`,
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: { body: multipart(form, { description: `Dataset file: ${FORMATS_TAKEN}`, contentType: ANY_CONTENT }) },
  responses: { 201: { description: 'Uploaded; processing follows', schema: datasetAnswer } },
  async handler({ caller, body: { file, fields } }, { adapters, settings, logger }) {
    const { target, name, description, dataset_type } = fields;
    const parsing = parsingOf(fields);
    const stored = await inspectFile(bytesOf(file), { parsing, target, task: dataset_type });
    const { table, blobs, now } = adapters;
    const id = newId(now());
    const given: NewDataset = {
      ...{ name, description, dataset_type, parsing },
      requested_type: dataset_type,
      id,
      account_id: caller.accountId,
      ...(target === undefined ? {} : { requested_target: target }),
      file_name: file.name.slice(0, NAME_CHARACTERS).toWellFormed(),
      file_size: file.size,
      uploaded_at: isoTime(now()),
      ...stored,
      status: 'processing',
      in_use: 0,
    };
    await reserveBytes(table, caller.accountId, file.size, settings.caps);
    const prefix = blobKeys.datasetPrefix(caller.accountId, id);
    await table.transact([markOrphaned('datasets', prefix, now() + ABANDONED_MILLISECONDS)]);
    await blobs.datasets.put(blobKeys.datasetFile(caller.accountId, id), file.read(), {
      contentType: contentTypeOf(stored),
    });
    const room = roomFor(table, caller.accountId, file.size, settings.caps);
    const created = await createDataset(table, given, undefined, room).catch(async (error: unknown) => {
      if (error instanceof ConflictError || error instanceof StorageLimitError)
        await deleteFiles(adapters, logger, 'datasets', prefix);
      throw error;
    });
    await announce(adapters, logger, created);
    return { status: 201, body: showDataset(created) };
  },
});
