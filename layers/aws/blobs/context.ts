import type { S3Client } from '@aws-sdk/client-s3';
import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { InternalError } from '#domain/errors.ts';
import type { BlobInfo } from '#domain/ports/blobs/port.ts';
import { DEFAULT_CONTENT_TYPE, unquoted } from '#domain/ports/blobs/rules.ts';
import { isAbsent, translateS3 } from './errors.ts';

/** What every part of the adapter works with. */
export interface BlobContext {
  readonly client: S3Client;
  readonly bucket: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Undefined if there is no such blob. */
export async function headBlob({ client, bucket }: BlobContext, key: string): Promise<BlobInfo | undefined> {
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return infoOf(key, head, head.ContentLength ?? 0);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw translateS3(error);
  }
}

/** The info of a blob just written: a write's response does not have the time at which S3 stored it. */
export async function writtenBlob(context: BlobContext, key: string): Promise<BlobInfo> {
  const info = await headBlob(context, key);
  if (!info) throw new InternalError(`${JSON.stringify(key)} was deleted while it was written`);
  return info;
}

export const infoOf = (
  key: string,
  head: Pick<HeadObjectCommandOutput, 'ETag' | 'ContentType' | 'LastModified'>,
  size: number,
): BlobInfo => ({
  key,
  size,
  etag: unquoted(head.ETag ?? ''),
  contentType: head.ContentType ?? DEFAULT_CONTENT_TYPE,
  modifiedAt: head.LastModified?.getTime() ?? 0,
});
