import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type EmbeddedAdapters, openEmbedded, openEmbeddedHost } from '#embedded/open.ts';
import { blobsConformance } from '../../conformance/blobs/index.ts';
import { testClock } from '../../conformance/table/subject.ts';
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
