import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { parseRange } from '#domain/byte-range.ts';
import { contentDisposition } from '#domain/content-disposition.ts';
import {
  DamagedFileError,
  InsufficientStorageError,
  PayloadTooLargeError,
  RequestTimeoutError,
  UnavailableError,
} from '#domain/errors.ts';
import type { Blobs, BucketName } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError, InvalidRangeError, InvalidUploadError } from '#domain/ports/errors.ts';
import { release } from '#domain/release.ts';
import { verifiedBody, verifiedRange } from '#domain/verified-range.ts';
import { type Grant, PRESIGNED_PATH, type PresignedUrls } from './presigned-urls.ts';
import type { Uploads } from './uploads.ts';

export interface PresignedStore {
  readonly urls: PresignedUrls;
  readonly uploads: Uploads;
  readonly blobs: Readonly<Record<BucketName, Blobs>>;
}

type Get = Extract<Grant, { method: 'GET' }>;
type Put = Extract<Grant, { method: 'PUT' }>;

/**
 * Answers a request for a presigned URL: GET and HEAD of a blob, with ranges, and PUT of a part. False, without a response,
 * for any other path.
 */
export const servePresigned = (
  store: PresignedStore,
  request: IncomingMessage,
  response: ServerResponse,
  body: () => AsyncIterable<Uint8Array> = () => request,
): Promise<true> | false => (request.url?.startsWith(PRESIGNED_PATH) ? serve(store, request, response, body) : false);

async function serve(
  store: PresignedStore,
  request: IncomingMessage,
  response: ServerResponse,
  body: () => AsyncIterable<Uint8Array>,
): Promise<true> {
  const { method = '', url = '' } = request;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'PUT') {
    refuse(request, response, 405, `${method} is not allowed here; allowed: GET, HEAD, PUT`, {
      Allow: 'GET, HEAD, PUT',
    });
    return true;
  }
  const grant = store.urls.verify(method, url);
  if (typeof grant === 'string') {
    refuse(request, response, 403, `the URL is ${grant === 'forged' ? 'not one that was signed for this' : grant}`);
    return true;
  }
  try {
    if (grant.method === 'PUT') await putPart(store, grant, request, response, body);
    else await getBlob(store, grant, request, response);
  } catch (error) {
    answerError(request, response, error);
  }
  return true;
}

async function getBlob(store: PresignedStore, grant: Get, request: IncomingMessage, response: ServerResponse) {
  const blobs = store.blobs[grant.bucket];
  const head = await blobs.head(grant.key);
  if (head === undefined) throw new BlobNotFoundError(grant.key);
  const range = parseRange(request.headers.range, request.headers['if-range']?.toString(), head.etag, head.size);
  // The blob may have been replaced since, so the headers describe what was opened.
  const what = grant.filename ?? 'The file';
  const found = range ? await verifiedRange(blobs, grant.key, range, what) : await blobs.get(grant.key);
  const { info } = found;
  const isHead = request.method === 'HEAD';
  // Before the headers, so that a small file that is damaged is refused; HEAD says what GET would.
  const body = range ? found.body : await verifiedBody(what, found);
  const end = Math.min(range?.end ?? info.size - 1, info.size - 1);
  response.writeHead(range === undefined ? 200 : 206, {
    'Content-Type': grant.contentType ?? info.contentType,
    'Content-Length': range === undefined ? info.size : end - range.start + 1,
    'Accept-Ranges': 'bytes',
    ETag: `"${info.etag}"`,
    'Last-Modified': new Date(info.modifiedAt).toUTCString(),
    'Cache-Control': 'private, no-store',
    // A user's file must not run as a page of this origin.
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'Content-Disposition': contentDisposition(grant.filename),
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${range.start}-${end}/${info.size}` }),
  });
  if (isHead) {
    body.destroy();
    response.end();
  } else await send(body, response);
}

/** Gives back the memory of each chunk as soon as it is sent; the next one is made meanwhile. */
async function send(body: Readable, response: ServerResponse): Promise<void> {
  let fail: (error: Error) => void = () => {};
  response.once('close', () => fail(new Error('the client closed the connection')));
  const done = (work: (callback: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      fail = reject;
      work((error) => (error ? reject(error) : resolve()));
    });
  let sending = Promise.resolve();
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    await sending;
    sending = done((callback) => response.write(chunk, callback)).then(() => release(chunk));
    // Whoever waits for it gets the error.
    sending.catch(() => {});
  }
  await sending;
  await done((callback) => response.end(callback));
}

async function putPart(
  store: PresignedStore,
  grant: Put,
  request: IncomingMessage,
  response: ServerResponse,
  body: () => AsyncIterable<Uint8Array>,
) {
  const declared = request.headers['content-length'];
  if (declared === undefined) return refuse(request, response, 411, 'Content-Length is missing');
  // The status of S3, where the length is part of the signature.
  if (declared !== String(grant.bytes)) {
    return refuse(request, response, 403, `the URL takes ${grant.bytes} bytes; got ${declared}`);
  }
  const etag = await store.uploads.putPart(grant.bucket, grant.key, grant.upload, grant, body());
  response.writeHead(200, { ETag: `"${etag}"`, 'Content-Length': 0 }).end();
}

function answerError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // Too late for a response, or the client is gone: close the connection.
  if (response.headersSent || request.errored !== null) response.destroy();
  else if (error instanceof BlobNotFoundError) refuse(request, response, 404, 'there is no such blob');
  else if (error instanceof InvalidUploadError) refuse(request, response, 404, error.message);
  else if (error instanceof PayloadTooLargeError) refuse(request, response, 413, error.details[0]?.message ?? '');
  else if (error instanceof DamagedFileError) refuse(request, response, 409, error.message);
  else if (error instanceof RequestTimeoutError) refuse(request, response, 408, error.message);
  else if (error instanceof InsufficientStorageError) refuse(request, response, 507, error.message);
  else if (error instanceof UnavailableError)
    refuse(request, response, 503, error.message, { 'Retry-After': String(error.retryAfter) });
  else if (error instanceof InvalidRangeError) {
    refuse(request, response, 416, 'the range lies outside of the blob', { 'Content-Range': `bytes */${error.size}` });
  } else throw error;
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify({ error: message });
  // The rest of the request's body is not read.
  const close = request.complete ? {} : { Connection: 'close' };
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
    ...close,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
