import type { Context } from 'aws-lambda';
import type { RequestBody } from '#domain/request-body.ts';
import { type FunctionName, functions } from '../../topology.ts';

/** What is the same for all calls of a function. */
const contextOf = (name: string, { memoryMegabytes }: { readonly memoryMegabytes: number }): Context => ({
  callbackWaitsForEmptyEventLoop: false,
  functionName: name,
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
  memoryLimitInMB: String(memoryMegabytes),
  awsRequestId: '',
  logGroupName: `/aws/lambda/${name}`,
  logStreamName: 'local',
  getRemainingTimeInMillis: () => 0,
  done: () => {},
  fail: () => {},
  succeed: () => {},
});

const contexts: Readonly<Record<string, Context>> = Object.fromEntries(
  Object.entries(functions).map(([name, of]) => [name, contextOf(name, of)]),
);

/** The second argument of a Lambda handler. `remaining` returns the milliseconds that are left of the time limit. */
export function makeContext(
  name: FunctionName,
  requestId: string,
  remaining: () => number,
  body: RequestBody | undefined,
): Context & { readonly body?: RequestBody } {
  const context = { ...contexts[name]!, awsRequestId: requestId, getRemainingTimeInMillis: remaining };
  return body === undefined ? context : { ...context, body };
}
