import { expect, test } from '@jest/globals';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { executionModeDirect } from '#functions/http/execution-mode.ts';
import type { Middleware, ProxyResponse } from '#functions/http/middleware/state.ts';

const answer = (body: string): ProxyResponse => ({ statusCode: 200, headers: {}, body });

/** Calls a stack of the middlewares `outer` and `inner` around the handler, and records what is run. */
function stackOf(inner: Middleware, handle: () => Promise<ProxyResponse>) {
  const ran: string[] = [];
  const note = (what: string) => () => void ran.push(what);
  const stack = middy<APIGatewayProxyEvent, ProxyResponse>({ executionMode: executionModeDirect })
    .use({ before: note('before'), after: note('after'), onError: note('onError') } as Middleware)
    .use(inner)
    .handler(() => {
      ran.push('handler');
      return handle();
    });
  const call = (milliseconds = 60_000) =>
    stack({} as APIGatewayProxyEvent, { getRemainingTimeInMillis: () => milliseconds } as Context);
  return { ran, call };
}

test('a stack runs from the outside in and back, and may wait for a middleware', async () => {
  const change: Middleware = {
    before: () => new Promise((resolve) => setImmediate(() => resolve(undefined))),
    after: async ({ response }) => {
      response!.body += '!';
    },
  };
  const { ran, call } = stackOf(change, async () => answer('a'));
  expect(await call()).toEqual(answer('a!'));
  expect(ran).toEqual(['before', 'handler', 'after']);
});

test('a middleware that answers is the last one', async () => {
  const { ran, call } = stackOf({ before: () => answer('early') }, async () => answer('a'));
  expect(await call()).toEqual(answer('early'));
  expect(ran).toEqual(['before']);
});

test('an error is answered by the middlewares for errors, or thrown on', async () => {
  const failed = async (): Promise<ProxyResponse> => {
    throw new Error('no');
  };
  const render: Middleware = {
    onError: (request) => {
      request.response = answer(request.error!.message);
    },
  };
  const rendered = stackOf(render, failed);
  expect(await rendered.call()).toEqual(answer('no'));
  expect(rendered.ran).toEqual(['before', 'handler', 'onError']);
  await expect(stackOf({ before: () => undefined }, failed).call()).rejects.toThrow('no');
});

test('a call that takes too long fails before its time is over', async () => {
  const { call } = stackOf({ before: () => undefined }, () => new Promise(() => {}));
  await expect(call(260)).rejects.toThrow('The request took too long');
});
