import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { RequestTimeoutError } from '#domain/errors.ts';
import { receiveBody } from '#infra/embedded/gateway/receive-body.ts';

/** The part of a request that is its body. */
class Body extends Readable {
  override _read(): void {}
  get request(): IncomingMessage {
    return this as unknown as IncomingMessage;
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

let body: Body;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  body = new Body();
});
afterEach(() => {
  jest.useRealTimers();
});

const start = (signal = new AbortController().signal) => {
  let received = '';
  const chunks = receiveBody(body.request, { seconds: 10, bytes: 4 }, signal);
  const end = (async () => {
    for await (const chunk of chunks) received += chunk;
    return received;
  })();
  // It may reject before a test awaits it.
  end.catch(() => {});
  return { end, received: () => received };
};

describe('a body', () => {
  test('may take any time as long as it makes progress', async () => {
    const { end } = start();
    for (let n = 0; n < 100; n++) {
      await turn();
      jest.advanceTimersByTime(9000);
      body.push('some');
    }
    body.push(null);
    expect(await end).toHaveLength(400);
  });

  test('times out when nothing is received, and leaves the request open for a response', async () => {
    const { end, received } = start();
    body.push('some');
    await turn();
    jest.advanceTimersByTime(9999);
    await turn();
    expect(received()).toBe('some');
    jest.advanceTimersByTime(1);
    await expect(end).rejects.toThrow(RequestTimeoutError);
    expect(body.destroyed).toBe(false);
  });

  test('times out when too little is received', async () => {
    const { end } = start();
    for (let n = 0; n < 3; n++) {
      await turn();
      jest.advanceTimersByTime(3300);
      body.push('x');
    }
    await turn();
    jest.advanceTimersByTime(101);
    await expect(end).rejects.toThrow('too little was received within 10 s');
  });

  test('does not time out while what was received is processed', async () => {
    const chunks = receiveBody(body.request, { seconds: 10, bytes: 4 }, new AbortController().signal);
    body.push('a');
    expect(String((await chunks.next()).value)).toBe('a');
    jest.advanceTimersByTime(60_000);
    body.push('b');
    body.push(null);
    expect(String((await chunks.next()).value)).toBe('b');
    expect((await chunks.next()).done).toBe(true);
  });

  test('fails if the client disconnects or the signal is aborted', async () => {
    const disconnected = start();
    await turn();
    body.destroy();
    await expect(disconnected.end).rejects.toThrow('the client closed the connection');
    body = new Body();
    const abort = new AbortController();
    const aborted = start(abort.signal);
    await turn();
    abort.abort(new Error('enough'));
    await expect(aborted.end).rejects.toThrow('enough');
  });
});
