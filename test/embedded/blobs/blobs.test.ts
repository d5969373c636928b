import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { verifiedBody } from '#domain/verified-range.ts';
import { type EmbeddedAdapters, openEmbedded, openEmbeddedHost } from '#embedded/open.ts';
import { blobsConformance } from '../../conformance/blobs/index.ts';
import { MEBIBYTE, pattern } from '../../conformance/blobs/subject.ts';
import { testClock } from '../../conformance/table/subject.ts';
import { flipBit } from '../damage.ts';
import { embeddedOptions, hostOptions, temporaryFolder } from '../folder.ts';

/** Adapters whose presigned URLs are served on a free port. */
async function serve(dir: string, now: () => number) {
  let baseUrl = '';
  const adapters = await openEmbedded({ ...embeddedOptions(dir), baseUrl: () => baseUrl, now });
  const server = createServer(async (incoming, response) => {
    if (!(await adapters.servePresigned(incoming, response))) response.writeHead(404).end('not presigned');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await adapters.close();
  };
  return { adapters, baseUrl, close };
}

const files = async (dir: string) => {
  const blobs = join(dir, 'blobs');
  return (await Promise.all((await readdir(blobs)).map((shard) => readdir(join(blobs, shard))))).flat();
};

blobsConformance('files', async () => {
  const { dir, remove } = await temporaryFolder();
  const clock = testClock();
  const { adapters, close } = await serve(dir, clock.now);
  const other = await openEmbedded(embeddedOptions(dir));
  return {
    blobs: adapters.blobs.datasets,
    other: other.blobs.datasets,
    advance: clock.advance,
    close: async () => {
      await other.close();
      await close();
      await remove();
    },
  };
});

describe('files of the embedded host', () => {
  const clock = testClock();
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let served: Awaited<ReturnType<typeof serve>>;
  let adapters: EmbeddedAdapters;
  beforeEach(async () => {
    folder = await temporaryFolder();
    served = await serve(folder.dir, clock.now);
    adapters = served.adapters;
  });
  afterEach(async () => {
    await served.close();
    await folder.remove();
  });

  test('replaced, deleted, failed and aborted content leaves no file', async () => {
    const { datasets } = adapters.blobs;
    await datasets.put('a', Buffer.from('1'));
    await datasets.put('a', Buffer.from('2'));
    await datasets.put('b', Buffer.from('3'));
    await datasets.delete('b');
    const failing = (async function* () {
      yield Buffer.from('x');
      throw new Error('cut off');
    })();
    await expect(datasets.put('c', failing)).rejects.toThrow();
    const upload = await datasets.startUpload('d');
    const [url] = await datasets.presignParts('d', upload, [{ part: 1, bytes: 1 }], 60);
    await fetch(url!, { method: 'PUT', body: 'x' });
    expect(await files(folder.dir)).toHaveLength(2);
    await datasets.abortUpload('d', upload);
    expect(await files(folder.dir)).toHaveLength(1);
  });

  test('a part whose client disconnects is not stored', async () => {
    const { datasets } = adapters.blobs;
    const upload = await datasets.startUpload('cut');
    const [url] = await datasets.presignParts('cut', upload, [{ part: 1, bytes: 1000 }], 60);
    const sending = request(url!, { method: 'PUT', headers: { 'content-length': '1000' } });
    sending.on('error', () => undefined);
    sending.write('x'.repeat(10));
    while ((await files(folder.dir)).length === 0) await new Promise(setImmediate);
    sending.destroy();
    while ((await files(folder.dir)).length > 0) await new Promise(setImmediate);
    await expect(datasets.completeUpload('cut', upload, [{ part: 1, etag: 'x' }])).rejects.toThrow(
      'part 1 was not uploaded',
    );
  });

  test.each([
    ['of another length than its URL was made for', { 'content-length': '11' }, 403],
    ['without a length', { 'transfer-encoding': 'chunked' }, 411],
  ])('a part %s is refused before it is sent', async (_, headers, status) => {
    const upload = await adapters.blobs.datasets.startUpload('sized');
    const [url] = await adapters.blobs.datasets.presignParts('sized', upload, [{ part: 1, bytes: 10 }], 60);
    const sending = request(url!, { method: 'PUT', headers });
    sending.on('error', () => undefined);
    sending.flushHeaders();
    const [response] = await once(sending, 'response');
    expect(response.statusCode).toBe(status);
    sending.destroy();
    expect(await files(folder.dir)).toEqual([]);
  });

  test('a range of a damaged file is refused', async () => {
    const bytes = Buffer.from(pattern(5 * MEBIBYTE));
    await adapters.blobs.datasets.put('damaged', bytes);
    flipBit(folder.dir, bytes, 100);
    const options = { expiresInSeconds: 60, filename: 'a.csv' };
    const url = await adapters.blobs.datasets.presignGet('damaged', options);
    const refused = await fetch(url, { headers: { range: 'bytes=0-9' } });
    expect([refused.status, await refused.json()]).toEqual([
      409,
      { error: expect.stringMatching(/^a\.csv is damaged: its bytes are not those that were written/) },
    ]);
    expect((await fetch(url, { headers: { range: 'bytes=2000000-2000009' } })).status).toBe(206);
  });

  test('a damaged file is refused up to 4 MiB, and a larger one broken off', async () => {
    const { datasets } = adapters.blobs;
    const options = { expiresInSeconds: 60, filename: 'a.csv' };
    for (const size of [6700, 4 * MEBIBYTE]) {
      const bytes = Buffer.from(pattern(size));
      await datasets.put('small', bytes);
      const url = await datasets.presignGet('small', options);
      expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
      flipBit(folder.dir, bytes, size - 1);
      const refused = await fetch(url);
      expect([refused.status, await refused.json()]).toEqual([
        409,
        { error: expect.stringMatching(/^a\.csv is damaged: its bytes are not those that were written/) },
      ]);
      expect((await fetch(url, { method: 'HEAD' })).status).toBe(409);
    }
    const large = Buffer.from(pattern(4 * MEBIBYTE + 1));
    await datasets.put('large', large);
    flipBit(folder.dir, large, large.length - 1);
    const broken = await fetch(await datasets.presignGet('large', options));
    expect(broken.status).toBe(200);
    await expect(broken.arrayBuffer()).rejects.toThrow();
  });

  test('a range over the parts of an upload is compared with what was put', async () => {
    const { datasets } = adapters.blobs;
    const upload = await datasets.startUpload('parts');
    const pieces = [Buffer.from(pattern(5 * MEBIBYTE + 7)), Buffer.from(pattern(MEBIBYTE, 2))];
    const wanted = pieces.map(({ length }, i) => ({ part: i + 1, bytes: length }));
    const urls = await datasets.presignParts('parts', upload, wanted, 60);
    const put = async (url: string, i: number) => {
      const { headers } = await fetch(url, { method: 'PUT', body: pieces[i]! });
      return { part: i + 1, etag: headers.get('etag') ?? '' };
    };
    await datasets.completeUpload('parts', upload, await Promise.all(urls.map(put)));
    const [start, end] = [4 * MEBIBYTE, 5 * MEBIBYTE + 20];
    const read = async () =>
      Buffer.concat(await (await datasets.get('parts', { start, end }, { verifiedAs: 'it' })).body.toArray());
    expect((await read()).equals(Buffer.concat(pieces).subarray(start, end + 1))).toBe(true);
    flipBit(folder.dir, pieces[0]!, 4 * MEBIBYTE + 9);
    await expect(read()).rejects.toThrow('it is damaged');
  });

  test('an upload that an earlier version began is completed, and its parts are compared with what was put', async () => {
    const { datasets } = adapters.blobs;
    const upload = await datasets.startUpload('begun');
    const pieces = [Buffer.from(pattern(5 * MEBIBYTE)), Buffer.from(pattern(1000, 2))];
    await datasets.putPart('begun', upload, 1, pieces[0]!);
    const sha256 = createHash('sha256').update(pieces[0]!).digest('hex');
    const database = new DatabaseSync(join(folder.dir, 'trainyard.db'));
    database.prepare('UPDATE parts SET etag = ? WHERE upload = ?').run(sha256, upload);
    database.close();
    const parts = [
      { part: 1, etag: sha256 },
      { part: 2, etag: await datasets.putPart('begun', upload, 2, pieces[1]!) },
    ];
    await datasets.completeUpload('begun', upload, parts);
    const whole = async () => Buffer.concat(await (await verifiedBody('it', await datasets.get('begun'))).toArray());
    expect((await whole()).equals(Buffer.concat(pieces))).toBe(true);
    flipBit(folder.dir, pieces[0]!, 77);
    await expect(whole()).rejects.toThrow('it is damaged');
  });

  test.each([
    ['with an error', new Error('the host stops')],
    ['without one', undefined],
  ])('content that is given up while it is read, %s, does not end as if that were all', async (_, error) => {
    const blobs = adapters.blobs.datasets;
    await blobs.put('large', pattern(3 * MEBIBYTE));
    const { body } = await blobs.get('large');
    const read = async () => {
      for await (const _ of body) body.destroy(error);
    };
    await expect(read()).rejects.toThrow(error?.message ?? 'The stream was closed before its end');
  });

  test('another method or path is not handled', async () => {
    const upload = await adapters.blobs.datasets.startUpload('other');
    const [url = ''] = await adapters.blobs.datasets.presignParts('other', upload, [{ part: 1, bytes: 1 }], 60);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
    expect(await (await fetch(`${served.baseUrl}/other`)).text()).toBe('not presigned');
  });

  test('a new host removes unreferenced files of dead writers, and no others', async () => {
    const { datasets } = adapters.blobs;
    await datasets.put('kept', Buffer.from('kept'));
    const [kept = ''] = await files(folder.dir);
    const shard = join(folder.dir, 'blobs', kept.slice(0, 2));
    const newName = () => kept.slice(0, 2) + randomUUID().slice(2);
    // No process has the pid 4194305: it is above Linux's maximum. The other file's writer is this very process.
    const [orphan, inProgress] = [`${newName()}-4194305-1`, `${newName()}-${kept.slice(37)}`];
    for (const name of [orphan, inProgress]) await writeFile(join(shard, name), 'x');
    const host = await openEmbeddedHost(hostOptions(folder.dir));
    expect((await files(folder.dir)).sort()).toEqual([kept, inProgress].sort());
    await host.close();
    expect(Buffer.concat(await (await datasets.get('kept')).body.toArray()).toString()).toBe('kept');
  });
});
