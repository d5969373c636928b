import { blobKeys } from '#domain/blob-keys.ts';
import { ConflictError } from '#domain/errors.ts';
import { getBatch } from '#domain/predictions/read.ts';
import { route } from '#functions/http/route.ts';
import { fileErrors, fileHeaders, fileResponses, sendFile } from '../send-file.ts';
import { batchPath } from './fields.ts';

const CONTENT_TYPE = 'text/csv; charset=utf-8';

export const download = route({
  method: 'GET',
  path: '/predictions/batch/{batch_id}/download',
  summary: 'Download the file of a batch prediction',
  description:
    'An addition. A CSV file (RFC 4180) with a line for each row of the dataset, in its order: `row` from 1, the columns ' +
    'that were to be repeated, and `class`, `confidence` and `probability_CLASS`, or for a regression `value`.',
  tags: ['Batch predictions'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: batchPath, headers: fileHeaders },
  responses: fileResponses(CONTENT_TYPE, { etag: 'The SHA-256 of the file', name: 'A name for the file' }),
  errors: [409, ...fileErrors],
  resource: ({ caller, path }, { adapters }) => getBatch(adapters.table, caller.accountId, path.batch_id),
  handler({ resource: batch, headers }, { adapters, settings }) {
    const { id, account_id, status, file_size: size, sha256 } = batch;
    if (size === undefined || sha256 === undefined) {
      throw new ConflictError(`Batch prediction ${id} has no file: it is ${status}`);
    }
    const key = blobKeys.batchFile(account_id, id);
    const filename = `predictions-${id}.csv`;
    const owner = `The file of batch prediction ${id}`;
    return sendFile(
      {
        ...{ blobs: adapters.blobs.artifacts, key, size, sha256, etag: sha256, filename, owner },
        ...{ contentType: CONTENT_TYPE, disposition: `attachment; filename="${filename}"` },
      },
      headers,
      settings,
    );
  },
});
