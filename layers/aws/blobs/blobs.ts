import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { abandonedUnless } from '#domain/abandon.ts';
import { InternalError } from '#domain/errors.ts';
import type { BlobEntry, BlobInfo, Blobs, PartToPut, StoredPart, UploadPart } from '#domain/ports/blobs/port.ts';
import {
  checkBlobKey,
  checkContentType,
  checkExpiry,
  checkPart,
  checkParts,
  checkPartToPut,
  DEFAULT_CONTENT_TYPE,
  unquoted,
} from '#domain/ports/blobs/rules.ts';
import { BlobNotFoundError, InvalidRangeError } from '#domain/ports/errors.ts';
import { type BlobContext, headBlob, infoOf, writtenBlob } from './context.ts';
import { callS3, isAbsent, isOutOfRange, translateS3 } from './errors.ts';
import { attachment, checkUrlKey, decodeCursor, decodeKey, encodeCursor } from './object-keys.ts';
import { putStream, putWhole } from './put.ts';

/** The Blobs port on one S3 bucket, which encrypts with KMS by default. */
export class S3Blobs implements Blobs {
  readonly #context: BlobContext;

  constructor(context: BlobContext) {
    this.#context = context;
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    { contentType = DEFAULT_CONTENT_TYPE }: { contentType?: string } = {},
  ): Promise<BlobInfo> {
    const put = async () => {
      checkBlobKey(key);
      checkContentType(contentType);
      if (body instanceof Uint8Array) await putWhole(this.#context, key, body, contentType);
      else await putStream(this.#context, key, body, contentType);
      return writtenBlob(this.#context, key);
    };
    return body instanceof Uint8Array ? put() : abandonedUnless(body, put);
  }

  async head(key: string): Promise<BlobInfo | undefined> {
    checkBlobKey(key);
    return headBlob(this.#context, key);
  }

  async get(key: string, range?: { start: number; end?: number }): Promise<{ info: BlobInfo; body: Readable }> {
    checkBlobKey(key);
    if (range !== undefined && !isRange(range)) throw await this.#outOfRange(key, range);
    const bytes = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end ?? ''}` };
    try {
      const found = await this.#context.client.send(new GetObjectCommand({ ...this.#object(key), ...bytes }));
      const size = Number(found.ContentRange?.split('/').at(-1) ?? found.ContentLength ?? 0);
      return { info: infoOf(key, found, size), body: found.Body as Readable };
    } catch (error) {
      if (isAbsent(error)) throw new BlobNotFoundError(key);
      if (range !== undefined && isOutOfRange(error)) throw await this.#outOfRange(key, range);
      throw translateS3(error);
    }
  }

  async delete(key: string): Promise<void> {
    checkBlobKey(key);
    await callS3(() => this.#context.client.send(new DeleteObjectCommand(this.#object(key))));
  }

  async list(
    prefix: string,
    options: { limit?: number; cursor?: string } = {},
  ): Promise<{ blobs: readonly BlobEntry[]; cursor?: string }> {
    const { limit = 1000, cursor } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
      throw new InternalError(`limit must be between 1 and 1000; got ${limit}`);
    }
    const { client, bucket } = this.#context;
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: limit,
      ...(cursor === undefined ? {} : { StartAfter: decodeCursor(cursor, prefix) }),
      // Keys may have characters that XML does not allow.
      EncodingType: 'url',
    });
    const { Contents: found = [], IsTruncated: more } = await callS3(() => client.send(command));
    const blobs = found.map(({ Key = '', Size = 0, ETag = '', LastModified }) => ({
      key: decodeKey(Key),
      size: Size,
      etag: unquoted(ETag),
      modifiedAt: LastModified?.getTime() ?? 0,
    }));
    const last = blobs.at(-1);
    return more && last ? { blobs, cursor: encodeCursor(last.key) } : { blobs };
  }

  async presignGet(
    key: string,
    options: { expiresInSeconds: number; filename?: string; contentType?: string },
  ): Promise<string> {
    checkBlobKey(key);
    checkUrlKey(key);
    const { expiresInSeconds, filename, contentType } = options;
    checkExpiry(expiresInSeconds);
    if (contentType !== undefined) checkContentType(contentType);
    const command = new GetObjectCommand({
      ...this.#object(key),
      ResponseContentDisposition: filename === undefined ? 'attachment' : attachment(filename),
      ...(contentType === undefined ? {} : { ResponseContentType: contentType }),
    });
    return getSignedUrl(this.#context.client, command, this.#signing(expiresInSeconds));
  }

  async startUpload(key: string, { contentType = DEFAULT_CONTENT_TYPE }: { contentType?: string } = {}) {
    checkBlobKey(key);
    checkContentType(contentType);
    const command = new CreateMultipartUploadCommand({ ...this.#object(key), ContentType: contentType });
    const { UploadId: id } = await callS3(() => this.#context.client.send(command));
    if (id === undefined) throw new InternalError('S3 gave the upload no id');
    return id;
  }

  async presignParts(
    key: string,
    uploadId: string,
    parts: readonly PartToPut[],
    expiresInSeconds: number,
  ): Promise<readonly string[]> {
    checkBlobKey(key);
    checkUrlKey(key);
    checkExpiry(expiresInSeconds);
    parts.forEach(checkPartToPut);
    const upload = { ...this.#object(key), UploadId: uploadId };
    // Signing does not call S3, so check here that the upload exists.
    await callS3(() => this.#context.client.send(new ListPartsCommand({ ...upload, MaxParts: 1 })));
    return Promise.all(
      parts.map(({ part, bytes }) => {
        // The length is signed too, so that S3 refuses any other.
        const command = new UploadPartCommand({ ...upload, PartNumber: part, ContentLength: bytes });
        return getSignedUrl(this.#context.client, command, this.#signing(expiresInSeconds));
      }),
    );
  }

  async presignedSeconds(wantedSeconds: number): Promise<number> {
    const { client, now } = this.#context;
    const { expiration, sessionToken } = await client.config.credentials();
    if (expiration !== undefined) {
      return Math.max(1, Math.min(wantedSeconds, Math.floor((expiration.getTime() - now()) / 1000)));
    }
    return sessionToken === undefined ? wantedSeconds : Math.min(wantedSeconds, UNTOLD_SECONDS);
  }

  async putPart(key: string, uploadId: string, part: number, body: Uint8Array): Promise<string> {
    checkBlobKey(key);
    checkPart(part);
    const upload = { ...this.#object(key), UploadId: uploadId, PartNumber: part };
    const { ETag = '' } = await callS3(() =>
      this.#context.client.send(new UploadPartCommand({ ...upload, Body: body })),
    );
    return unquoted(ETag);
  }

  async listParts(key: string, uploadId: string): Promise<readonly StoredPart[]> {
    checkBlobKey(key);
    const upload = { ...this.#object(key), UploadId: uploadId };
    const found: StoredPart[] = [];
    for (let after: string | undefined; ; ) {
      const command = new ListPartsCommand({ ...upload, ...(after === undefined ? {} : { PartNumberMarker: after }) });
      const page = await callS3(() => this.#context.client.send(command));
      for (const { PartNumber: part = 0, ETag = '', Size: size = 0 } of page.Parts ?? []) {
        found.push({ part, etag: unquoted(ETag), size });
      }
      if (!page.IsTruncated || page.NextPartNumberMarker === undefined) return found;
      after = page.NextPartNumberMarker;
    }
  }

  async completeUpload(key: string, uploadId: string, parts: readonly UploadPart[]): Promise<BlobInfo> {
    checkBlobKey(key);
    checkParts(parts);
    const command = new CompleteMultipartUploadCommand({
      ...this.#object(key),
      UploadId: uploadId,
      MultipartUpload: { Parts: parts.map(({ part, etag }) => ({ PartNumber: part, ETag: unquoted(etag) })) },
    });
    await callS3(() => this.#context.client.send(command));
    return writtenBlob(this.#context, key);
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    checkBlobKey(key);
    const command = new AbortMultipartUploadCommand({ ...this.#object(key), UploadId: uploadId });
    await callS3(() => this.#context.client.send(command));
  }

  #object(key: string) {
    return { Bucket: this.#context.bucket, Key: key };
  }

  #signing(expiresIn: number) {
    return { expiresIn, signingDate: new Date(this.#context.now()) };
  }

  async #outOfRange(key: string, { start, end }: { start: number; end?: number }): Promise<Error> {
    const info = await headBlob(this.#context, key);
    return info ? new InvalidRangeError(start, end, info.size) : new BlobNotFoundError(key);
  }
}

/** Lambda does not say when the credentials of a function end; it replaces them long before this is over. */
const UNTOLD_SECONDS = 3600;

/** S3 ignores an invalid range and returns the whole blob. */
const isRange = ({ start, end = start }: { start: number; end?: number }): boolean =>
  Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start;
