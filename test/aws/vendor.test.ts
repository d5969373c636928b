import { expect, test } from '@jest/globals';
import { S3Blobs } from '#aws/blobs/blobs.ts';
import { translateS3 } from '#aws/blobs/errors.ts';
import { makeClients } from '#aws/clients.ts';
import { KmsKeys } from '#aws/keys/keys.ts';
import { translateError } from '#aws/vendor.ts';
import { InternalError, NotFoundError, UnavailableError } from '#domain/errors.ts';
import { InvalidBlobKeyError, InvalidUploadError, NoSuchUploadError } from '#domain/ports/errors.ts';

const named = (name: string) => Object.assign(new Error('said AWS'), { name });

test.each([
  ['AccessDenied', InternalError],
  ['NoSuchBucket', InternalError],
  ['SlowDown', UnavailableError],
  ['TimeoutError', UnavailableError],
  ['ECONNRESET', UnavailableError],
  ['NoSuchUpload', NoSuchUploadError],
  ['EntityTooSmall', InvalidUploadError],
  ['InvalidPart', InvalidUploadError],
  ['KeyTooLongError', InvalidBlobKeyError],
])('S3’s %s becomes an error of ours', (name, expected) => {
  const translated = translateS3(named(name));
  expect(translated).toBeInstanceOf(expected);
  expect(translated.message).toContain('said AWS');
});

test('an error of ours is not translated', () => {
  const ours = new NotFoundError();
  expect(translateError('S3', ours)).toBe(ours);
});

test('a service that cannot be reached is unavailable, and its message is not for callers', async () => {
  const clients = makeClients({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  const blobs = new S3Blobs({ client: clients.s3, bucket: 'b', now: () => 0 });
  const keys = new KmsKeys({ client: clients.kms, tokenKeys: ['k'], dataKey: 'd' });
  await expect(blobs.head('a')).rejects.toThrow(UnavailableError);
  await expect(blobs.get('a')).rejects.toThrow(UnavailableError);
  await expect(blobs.put('a', new Uint8Array())).rejects.toThrow(UnavailableError);
  await expect(blobs.list('')).rejects.toThrow(UnavailableError);
  await expect(keys.sign(new Uint8Array())).rejects.toThrow(UnavailableError);
  await expect(keys.generateDataKey({})).rejects.toThrow(UnavailableError);
  clients.destroy();
});
