import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { ConnectionClosed, ResponseStream } from '#infra/embedded/gateway/response-stream.ts';

test('a client that goes before anything is written ends the stream, and nothing else', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [, response] = await asked;
  const stream = new ResponseStream(response, true);
  const closed = new Promise((resolve) => stream.on('close', resolve));
  client.destroy();
  // Without a listener of errors, Node.js would end the process.
  await closed;
  expect(stream.errored).toBeInstanceOf(ConnectionClosed);
  server.close();
});
