/**
 * How middy runs the stack for answers that are not streamed: as its own mode does, in fewer steps. That one makes an
 * `AbortController`, which nothing here listens to, and a timer for each request.
 */
import type { PluginExecutionMode, Request } from '@middy/core';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { Deadlines } from '#domain/deadlines.ts';
import { UnavailableError } from '#domain/errors.ts';
import type { HandlerContext } from './contract.ts';
import type { Middleware, ProxyResponse } from './middleware/state.ts';

type StackRequest = Request<APIGatewayProxyEvent, ProxyResponse, Error, HandlerContext>;
type Run = NonNullable<Middleware['before']>;
type Handle = (event: APIGatewayProxyEvent, context: HandlerContext) => Promise<ProxyResponse>;

interface Core {
  middyRequest(event: APIGatewayProxyEvent, context: HandlerContext): StackRequest;
}

/** How long before the function's time limit the caller gets a timeout error. */
export const LAST_MILLISECONDS = 250;

export const late = (): UnavailableError => new UnavailableError('The request took too long');

const deadlines = new Deadlines(() => performance.now());

function direct(
  { middyRequest }: Core,
  before: readonly Run[],
  first: Handle,
  after: readonly Run[],
  onError: readonly Run[],
) {
  let handle = first;
  const answer = async (event: APIGatewayProxyEvent, context: HandlerContext): Promise<ProxyResponse> => {
    const request = middyRequest(event, context);
    try {
      // A middleware that returns a response is the last one that is run.
      if (await runAll(before, request)) return request.response!;
      request.response = await inTime(handle(event, context), context);
      await runAll(after, request);
    } catch (error) {
      request.response = undefined;
      request.error = error as Error;
      await runAll(onError, request);
    }
    if (!request.response) throw request.error;
    return request.response;
  };
  return Object.assign(answer, {
    handler: (given: Handle) => {
      handle = given;
      return answer;
    },
  });
}

/** Its type in the package says no more than that it is a function. */
export const executionModeDirect = direct as unknown as PluginExecutionMode;

/** Resolves with true where one of them has answered. */
async function runAll(all: readonly Run[], request: StackRequest): Promise<boolean> {
  for (const run of all) {
    let answered = run(request);
    if (answered instanceof Promise) answered = await answered;
    if (answered === undefined) continue;
    request.response = answered;
    return true;
  }
  return false;
}

/** @throws UnavailableError shortly before the time of the call is over */
function inTime<T>(answering: Promise<T>, { getRemainingTimeInMillis: remaining }: HandlerContext): Promise<T> {
  return new Promise((resolve, reject) => {
    const deadline = deadlines.add(remaining() - LAST_MILLISECONDS, () => reject(late()));
    answering.then(
      (response) => {
        deadlines.remove(deadline);
        resolve(response);
      },
      (error: unknown) => {
        deadlines.remove(deadline);
        reject(error);
      },
    );
  });
}
