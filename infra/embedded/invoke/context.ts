import type { Context } from 'aws-lambda';
import type { RequestBody } from '#domain/request-body.ts';
import { type FunctionName, functions } from '../../topology.ts';

/** The second argument of a Lambda handler. `remaining` returns the milliseconds that are left of the time limit. */
export function makeContext(
  name: FunctionName,
  requestId: string,
  remaining: () => number,
  body: RequestBody | undefined,
): Context & { readonly body?: RequestBody } {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
    memoryLimitInMB: String(functions[name].memoryMegabytes),
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: remaining,
    done: () => {},
    fail: () => {},
    succeed: () => {},
    ...(body === undefined ? {} : { body }),
  };
}
