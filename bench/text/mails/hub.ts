/** A hub with one repository: a folder, by the two requests of Hugging Face's API that loading an encoder makes. */
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Hub extends AsyncDisposable {
  readonly url: string;
}

/** @param repository such as `google-bert/bert-base-uncased` */
export async function serveHub(repository: string, folder: string): Promise<Hub> {
  const files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  const listing = files.map((path) => ({ type: 'file', path, size: statSync(join(folder, path)).size }));
  const server = createServer(({ url = '' }, response) => {
    const file = files.find((path) => url === `/${repository}/resolve/main/${path}`);
    if (url === `/api/models/${repository}/tree/main`) response.end(JSON.stringify(listing));
    else if (file !== undefined) createReadStream(join(folder, file)).pipe(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
