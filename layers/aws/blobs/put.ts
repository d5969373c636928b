/**
 * Streams of unknown length to S3, which needs the length in advance: what fits into one part is put as a whole; the
 * rest is a multipart upload, of which nothing is visible until it is completed.
 */
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { BlobContext } from './context.ts';
import { callS3 } from './errors.ts';

const MEBIBYTE = 1024 ** 2;
/** S3 allows 10000 parts: the first 5000 hold 39 GiB, the others 312 GiB. */
const partBytes = (part: number): number => (part <= 5000 ? 8 : 64) * MEBIBYTE;
/** Parts in flight at once; each stays in memory until it is stored. */
const CONCURRENT = 3;

/** Rethrows what the stream throws; the previous blob then stays. */
export async function putStream(
  context: BlobContext,
  key: string,
  body: AsyncIterable<Uint8Array>,
  contentType: string,
): Promise<void> {
  const parts = inParts(body);
  const first = await parts.next();
  if (first.done) return putWhole(context, key, new Uint8Array(), contentType);
  const second = await parts.next();
  if (second.done) return putWhole(context, key, first.value, contentType);
  const { client, bucket } = context;
  const object = { Bucket: bucket, Key: key };
  const created = await callS3(() =>
    client.send(new CreateMultipartUploadCommand({ ...object, ContentType: contentType })),
  );
  const upload = { ...object, UploadId: created.UploadId };
  try {
    const completed = await sendParts(context, upload, chain([first.value, second.value], parts));
    await callS3(() =>
      client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: completed } })),
    );
  } catch (error) {
    // If this fails too, the bucket's lifecycle rule aborts the upload later; throw the first error.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

export async function putWhole(
  context: BlobContext,
  key: string,
  body: Uint8Array,
  contentType: string,
): Promise<void> {
  const { client, bucket } = context;
  const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType });
  await callS3(() => client.send(command));
}

async function sendParts(
  { client }: BlobContext,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
  parts: AsyncIterable<Uint8Array>,
): Promise<CompletedPart[]> {
  const completed: CompletedPart[] = [];
  const inFlight = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const send = async (number: number, body: Uint8Array): Promise<void> => {
    const { ETag } = await callS3(() =>
      client.send(new UploadPartCommand({ ...upload, PartNumber: number, Body: body })),
    );
    completed[number - 1] = { PartNumber: number, ...(ETag === undefined ? {} : { ETag }) };
  };
  try {
    let number = 0;
    for await (const part of parts) {
      number += 1;
      const sending = send(number, part)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      if (inFlight.size >= CONCURRENT) await Promise.race(inFlight);
      if (failure) break;
    }
  } finally {
    // A part that is stored after the upload was aborted would stay, and cost money.
    await Promise.all(inFlight);
  }
  if (failure) throw failure.error;
  return completed;
}

async function* inParts(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let buffered = 0;
  let part = 1;
  for await (const chunk of body) {
    for (let rest = chunk; rest.length > 0; ) {
      const taken = rest.subarray(0, partBytes(part) - buffered);
      // The stream may reuse its buffer.
      chunks.push(taken.slice());
      buffered += taken.length;
      rest = rest.subarray(taken.length);
      if (buffered < partBytes(part)) continue;
      yield Buffer.concat(chunks);
      chunks = [];
      buffered = 0;
      part += 1;
    }
  }
  if (buffered > 0) yield Buffer.concat(chunks);
}

async function* chain<T>(first: readonly T[], rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* first;
  yield* rest;
}
