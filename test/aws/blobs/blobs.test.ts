import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { S3Blobs } from '#aws/blobs/blobs.ts';
import { makeClients } from '#aws/clients.ts';

test('the length of a part is signed with its URL, and one request to S3 checks the upload for all parts', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'application/xml');
    response.end('<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const clients = makeClients({ region: 'us-east-1', endpoint: `http://127.0.0.1:${port}`, credentials });
  const blobs = new S3Blobs({ client: clients.s3, bucket: 'datasets', now: () => 1_800_000_000_000 });
  const signed = async (bytes: number) => {
    const parts = [1, 2].map((part) => ({ part, bytes }));
    return (await blobs.presignParts('key', 'upload', parts, 60)).map((url) => new URL(url).searchParams);
  };
  const [first, second] = await signed(16);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatch(/^GET \/datasets\/key\?.*uploadId=upload/);
  expect([first!.get('partNumber'), second!.get('partNumber')]).toEqual(['1', '2']);
  expect(first!.get('X-Amz-SignedHeaders')).toBe('content-length;host');
  expect((await signed(17))[0]!.get('X-Amz-Signature')).not.toBe(first!.get('X-Amz-Signature'));
  clients.destroy();
  server.closeAllConnections();
  server.close();
});
