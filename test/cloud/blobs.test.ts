import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { S3Blobs } from '#aws/blobs/blobs.ts';
import { blobsConformance } from '../conformance/blobs/index.ts';
import type { Skips } from '../conformance/skips.ts';
import { startWithClock } from './clock.ts';

const SKIPS: Skips = {
  'a GET gives the bytes of keys with the path segments "." and ".."':
    'S3 itself has no URL for them, and the adapter refuses to make one',
  'a range in an unknown unit is ignored': 'MiniStack answers 416; AWS ignores the header, as RFC 9110 says',
  'a URL without its signature is refused':
    'MiniStack lets anybody read; AWS refuses, because the bucket is not public',
  'only the last part may be small': 'MiniStack accepts small parts; AWS answers EntityTooSmall',
};

const open = async () => {
  const { stack, now, advance } = await startWithClock();
  const bucket = 'trainyard-datasets';
  const clients = [stack.clients().s3, stack.clients().s3] as const;
  await clients[0].send(new CreateBucketCommand({ Bucket: bucket }));
  const [blobs, other] = clients.map((client) => new S3Blobs({ client, bucket, now }));
  return { blobs: blobs!, other: other!, advance, close: () => stack.stop() };
};

blobsConformance('S3 of MiniStack', open, SKIPS);
