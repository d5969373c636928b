import { createHash, randomBytes } from 'node:crypto';
import { CreateBucketCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { S3Blobs } from '#aws/blobs/blobs.ts';
import { type MiniStack, startMiniStack } from './ministack.ts';

const MEBIBYTE = 1024 ** 2;
const block = randomBytes(3 * MEBIBYTE);

async function* blocks(count: number, failing = false): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n += 1) yield block;
  if (failing) throw new Error('cut off');
}

describe('streams of unknown length to S3', () => {
  const bucket = 'streams';
  let stack: MiniStack;
  let blobs: S3Blobs;
  let client: ReturnType<MiniStack['clients']>['s3'];
  beforeAll(async () => {
    stack = await startMiniStack();
    client = stack.clients().s3;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    blobs = new S3Blobs({ client, bucket, now: Date.now });
  });
  afterAll(() => stack?.stop());
  const uploadsUnderWay = async () =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads?.length ?? 0;

  test.each([
    ['what fits into one part', 2],
    ['what fills whole parts', 8],
    ['what is more than the parts on their way at once', 13],
  ])('%s arrives unchanged', async (_what, count) => {
    const info = await blobs.put('stream', blocks(count), { contentType: 'text/csv' });
    expect(info).toMatchObject({ size: count * block.length, contentType: 'text/csv' });
    const received = createHash('sha256');
    for await (const chunk of (await blobs.get('stream')).body) received.update(chunk as Uint8Array);
    const sent = createHash('sha256');
    for (let n = 0; n < count; n += 1) sent.update(block);
    expect(received.digest('hex')).toBe(sent.digest('hex'));
    expect(await uploadsUnderWay()).toBe(0);
  });

  test('a stream that fails after some parts leaves the previous blob, and no parts that cost money', async () => {
    await blobs.put('kept', block);
    await expect(blobs.put('kept', blocks(9, true))).rejects.toThrow('cut off');
    expect(await blobs.head('kept')).toMatchObject({ size: block.length });
    expect(await uploadsUnderWay()).toBe(0);
  });
});
