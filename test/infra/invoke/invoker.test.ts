import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { APIGatewayProxyResult } from 'aws-lambda';
import { contentOf, type ReadOptions, type Received, type RequestBody } from '#domain/request-body.ts';
import { parseSettings } from '#domain/settings.ts';
import { Invoker } from '#infra/embedded/invoke/invoker.ts';
import { openStore, type Store } from '#test/domain/store.ts';
import { embeddedOptions } from '#test/embedded/folder.ts';
import { makeEvent } from '#test/functions/platform/harness.ts';

let store: Store;
let invoker: Invoker;
beforeEach(async () => {
  store = await openStore();
  invoker = new Invoker({
    adapters: store,
    embedded: embeddedOptions('unused'),
    baseUrl: () => 'http://unused.example',
    settings: parseSettings({}),
    log: { file: '/dev/null' },
  });
  await invoker.warm('platform-api');
});
afterEach(async () => {
  jest.useRealTimers();
  await invoker.close();
  await store.close();
});

test('a function asks for the body after it has admitted the request, and receiving it takes none of its time limit', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  const requested = Promise.withResolvers<ReadOptions>();
  const received = Promise.withResolvers<Received>();
  const body: RequestBody = {
    contentLength: undefined,
    read(options) {
      requested.resolve(options);
      return received.promise;
    },
  };
  const headers = { 'content-type': 'application/json' };
  const event = makeEvent({ method: 'POST', path: '/auth/login', headers, ip: '2001:db8::7' });
  const answer = invoker.invoke('platform-api', event, { body });
  expect(await requested.promise).toEqual({ maxBytes: 1_048_576, client: 'address#2001:db8:0:0::/64' });
  jest.advanceTimersByTime(3_600_000);
  received.resolve({ kind: 'complete', content: contentOf(Buffer.from('{"username":"ada"}')) });
  const { statusCode, body: text } = (await answer) as APIGatewayProxyResult;
  expect([statusCode, JSON.parse(text).details]).toEqual([400, [{ field: 'password', message: 'is required' }]]);
});
