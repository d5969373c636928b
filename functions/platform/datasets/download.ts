import { blobKeys } from '#domain/blob-keys.ts';
import { contentDisposition } from '#domain/content-disposition.ts';
import { contentTypeOf } from '#domain/datasets/file-format.ts';
import { getDataset } from '#domain/datasets/read.ts';
import { NotFoundError } from '#domain/errors.ts';
import { route } from '#functions/http/route.ts';
import { fileErrors, fileHeaders, fileResponses, sendFile } from '../send-file.ts';
import { datasetPath } from './fields.ts';

/** For the document; an answer has that of the file's format. */
const CONTENT_TYPE = '*/*';

export const download = route({
  method: 'GET',
  path: '/datasets/{dataset_id}/download',
  summary: 'Download the file of a dataset',
  description: 'An addition to the document: the bytes that were uploaded, or a range of them.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: datasetPath, headers: fileHeaders },
  responses: fileResponses(CONTENT_TYPE, {
    etag: 'Changes whenever the bytes do',
    name: 'The name that the file had when it was uploaded',
  }),
  errors: fileErrors,
  resource: ({ caller, path }, { adapters }) => getDataset(adapters.table, caller.accountId, path.dataset_id),
  async handler({ resource: found, headers }, { adapters, settings }) {
    const { account_id, id, file_name: filename } = found;
    const key = blobKeys.datasetFile(account_id, id);
    const { datasets: blobs } = adapters.blobs;
    const owner = `Dataset ${id}`;
    const head = await blobs.head(key);
    if (!head) throw new NotFoundError(`${owner} not found`);
    const { etag, size } = head;
    const disposition = contentDisposition(filename);
    return sendFile(
      { blobs, key, size, etag, filename, disposition, contentType: contentTypeOf(found), owner },
      headers,
      settings,
    );
  },
});
