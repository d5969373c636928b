/** What callers do with presigned URLs. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmbeddedAdapters } from '#embedded/adapters.ts';

type Store = Pick<EmbeddedAdapters, 'servePresigned'>;

async function served<T>(store: Store, url: string, use: (there: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => void store.servePresigned(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const { pathname, search } = new URL(url);
  try {
    return await use(`http://127.0.0.1:${port}${pathname}${search}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Resolves with the part's etag. */
export const putPart = (store: Store, url: string, body: Uint8Array): Promise<string> =>
  served(store, url, async (there) => {
    const response = await fetch(there, { method: 'PUT', body: new Uint8Array(body) });
    await response.text();
    return response.headers.get('etag') ?? '';
  });

export const getFile = (store: Store, url: string, range?: string): Promise<Buffer> =>
  served(store, url, async (there) => {
    const response = await fetch(there, range === undefined ? {} : { headers: { range } });
    return Buffer.from(await response.arrayBuffer());
  });
