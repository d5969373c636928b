import { z } from 'zod';
import { parseRange } from '#domain/byte-range.ts';
import { contentDisposition } from '#domain/content-disposition.ts';
import { contentTypeOf } from '#domain/datasets/file-format.ts';
import { getDataset } from '#domain/datasets/read.ts';
import { NotFoundError, RangeNotSatisfiableError } from '#domain/errors.ts';
import { blobKeys } from '#domain/keys.ts';
import { BlobNotFoundError, InvalidRangeError } from '#domain/ports/errors.ts';
import { route } from '#functions/http/route.ts';
import { datasetPath } from './fields.ts';

/** For the document; an answer has that of the file's format. */
const CONTENT_TYPE = 'application/octet-stream';
const LINK_SECONDS = 300;

const line = z.string().max(1000).optional();
const headers = z.object({ range: line, 'if-range': line, 'if-none-match': line });

const about = {
  ETag: 'Changes whenever the bytes do',
  'Accept-Ranges': '`bytes`',
  'Content-Disposition': 'The name that the file had when it was uploaded',
};

export const download = route({
  method: 'GET',
  path: '/datasets/{dataset_id}/download',
  summary: 'Download the file of a dataset',
  description: 'An addition to the document: the bytes that were uploaded, or a range of them.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: datasetPath, headers },
  responses: {
    200: { description: 'The file', content: CONTENT_TYPE, headers: about },
    206: {
      description: 'The range',
      content: CONTENT_TYPE,
      headers: { ...about, 'Content-Range': 'Which bytes these are' },
    },
    304: { description: 'The caller has it', headers: { ETag: about.ETag } },
    307: {
      description: 'What is asked for is too large to stream',
      headers: { Location: 'A URL of the file, valid for five minutes. It takes ranges as well' },
    },
  },
  errors: [416],
  resource: ({ caller, path }, { adapters }) => getDataset(adapters.table, caller.accountId, path.dataset_id),
  async handler({ resource: found, headers: given }, { adapters, settings }) {
    const key = blobKeys.datasetFile(found.account_id, found.id);
    const { datasets } = adapters.blobs;
    const head = await datasets.head(key);
    if (!head) throw gone(found.id);
    const etag = `"${head.etag}"`;
    if (isKnown(given['if-none-match'], etag)) return { status: 304, headers: { ETag: etag } };
    const range = rangeOf(given.range, given['if-range'], head);
    const length = range ? range.end - range.start + 1 : head.size;
    if (length > settings.streamedBytes) {
      const options = { expiresInSeconds: LINK_SECONDS, filename: found.file_name, contentType: contentTypeOf(found) };
      return { status: 307, headers: { Location: await datasets.presignGet(key, options) } };
    }
    try {
      const { body } = await datasets.get(key, range);
      const shared = {
        'Content-Type': contentTypeOf(found),
        'Content-Length': String(length),
        'Content-Disposition': contentDisposition(found.file_name),
        'Accept-Ranges': 'bytes',
        ETag: etag,
      };
      if (!range) return { status: 200, headers: shared, body };
      return {
        status: 206,
        headers: { ...shared, 'Content-Range': `bytes ${range.start}-${range.end}/${head.size}` },
        body,
      };
    } catch (error) {
      if (error instanceof BlobNotFoundError) throw gone(found.id);
      throw error;
    }
  },
});

const gone = (id: string) => new NotFoundError(`Dataset ${id} not found`);

/** A weak comparison, as for every `If-None-Match`. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()));
}

function rangeOf(
  range: string | undefined,
  ifRange: string | undefined,
  of: { readonly etag: string; readonly size: number },
) {
  try {
    return parseRange(range, ifRange, of.etag, of.size);
  } catch (error) {
    if (error instanceof InvalidRangeError) throw new RangeNotSatisfiableError(of.size);
    throw error;
  }
}
