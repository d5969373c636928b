import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { contentOf, type Received, type RequestBody } from '#domain/request-body.ts';
import { parseSettings } from '#domain/settings.ts';
import { WorkerPool } from '#infra/embedded/invoke/pool.ts';
import { embeddedOptions } from '#test/embedded/folder.ts';
import { makeEvent } from '#test/functions/platform/harness.ts';
import { type LimitedHost, limitedHost } from '../gateway/limited-host.ts';

const SECONDS = 30_000;

let served: LimitedHost;
let pool: WorkerPool;
let event: APIGatewayProxyEvent;
beforeAll(async () => {
  served = await limitedHost();
  const { token = '' } = (await served.user()).client;
  const path = '/models/019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55/predict';
  event = {
    ...makeEvent({ method: 'POST', path, token, headers: { 'content-type': 'application/json' } }),
    body: null,
  };
  const setup = {
    name: 'platform-predict',
    embedded: embeddedOptions(served.data),
    settings: parseSettings({}),
    log: { file: '/dev/null' },
  } as const;
  pool = new WorkerPool(setup, { size: 1, memoryMegabytes: 2048 });
});
afterAll(async () => {
  await pool.close();
  await served.close();
});

const call = async (body: RequestBody, milliseconds = SECONDS, requestId = 'request') => {
  const answer = (await pool.call({
    event,
    requestId,
    milliseconds,
    body,
    baseUrl: served.base,
  })) as APIGatewayProxyResult;
  return [answer.statusCode, JSON.parse(answer.body).error];
};

/** A body that is received when the test says so. */
function held() {
  const requested = Promise.withResolvers<void>();
  const received = Promise.withResolvers<Received>();
  const body: RequestBody = {
    contentLength: undefined,
    read() {
      requested.resolve();
      return received.promise;
    },
  };
  const bytes = Buffer.from('{"input":[1]}');
  return {
    body,
    requested: requested.promise,
    complete: () => received.resolve({ kind: 'complete', content: contentOf(bytes) }),
    stall: () => received.resolve({ kind: 'stalled', seconds: 1 }),
  };
}

const UNKNOWN_MODEL = [404, 'not_found'];

test('other calls are handled while the body of one is being received', async () => {
  const [slow, fast] = [held(), held()];
  const first = call(slow.body, SECONDS, 'slow');
  await slow.requested;
  fast.complete();
  expect(await call(fast.body, SECONDS, 'fast')).toEqual(UNKNOWN_MODEL);
  slow.complete();
  expect(await first).toEqual(UNKNOWN_MODEL);
});

test('the function responds to a body that times out', async () => {
  const body = held();
  const answer = call(body.body);
  await body.requested;
  body.stall();
  expect(await answer).toEqual([408, 'request_timeout']);
});

/** Makes calls with a time limit of 0 until one exceeds it, so that the pool terminates its thread. */
async function terminateThread(): Promise<void> {
  for (let exceeded = false; !exceeded; ) {
    const { body, complete } = held();
    complete();
    exceeded = await call(body, 0, 'late').then(
      () => false,
      (error: Error) => error.message === 'no answer within 0 s',
    );
  }
}

test('a call is repeated if its thread is replaced while its body is being received', async () => {
  const slow = held();
  const first = call(slow.body, SECONDS, 'slow');
  await slow.requested;
  await terminateThread();
  slow.complete();
  expect(await first).toEqual(UNKNOWN_MODEL);
});
