import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Connection, head } from './connection.ts';
import { type LimitedHost, limitedHost } from './limited-host.ts';

let served: LimitedHost;
beforeAll(async () => {
  served = await limitedHost();
});
afterAll(() => served.close());

test('a request with two Host headers is refused, and its connection closed', async () => {
  const connection = await Connection.sending(served.base, head('GET', '/', { HOST: 'localhost' }));
  const answer = await connection.ended();
  connection.destroy();
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer).toContain('A request must have one Host header; got several');
});

test('a request with one Host header is answered', async () => {
  const connection = await Connection.sending(served.base, head('GET', '/', { Connection: 'close' }));
  expect(await connection.ended()).toMatch(/^HTTP\/1.1 200 /);
  connection.destroy();
});
