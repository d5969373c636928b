/**
 * How middy runs the stack for answers that are not streamed: as its own mode does, in fewer steps. That one makes an
 * `AbortController`, which nothing here listens to, and a timer for each request.
 */
import type { PluginExecutionMode, Request } from '@middy/core';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type Awaitable, andThen, isPromise } from '#domain/awaitable.ts';
import { Deadlines } from '#domain/deadlines.ts';
import { UnavailableError } from '#domain/errors.ts';
import type { HandlerContext } from './contract.ts';
import type { Middleware, ProxyResponse } from './middleware/state.ts';

type StackRequest = Request<APIGatewayProxyEvent, ProxyResponse, Error, HandlerContext>;
type Run = NonNullable<Middleware['before']>;
type Handle = (event: APIGatewayProxyEvent, context: HandlerContext) => Awaitable<ProxyResponse>;

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
  const answer = (event: APIGatewayProxyEvent, context: HandlerContext): Awaitable<ProxyResponse> => {
    const request = middyRequest(event, context);
    try {
      const answering = run(request);
      return isPromise(answering) ? answering.catch((error: unknown) => failed(request, error)) : answering;
    } catch (error) {
      return failed(request, error);
    }
  };
  const run = (request: StackRequest): Awaitable<ProxyResponse> =>
    andThen(runAll(before, request), (hasAnswered) => {
      // A middleware that returns a response is the last one that is run.
      if (hasAnswered) return request.response!;
      const { event, context } = request;
      const response = handle(event, context);
      return andThen(isPromise(response) ? inTime(response, context) : response, (found) => {
        request.response = found;
        return andThen(runAll(after, request), () => request.response!);
      });
    });
  const failed = (request: StackRequest, error: unknown): Awaitable<ProxyResponse> => {
    request.response = undefined;
    request.error = error as Error;
    return andThen(runAll(onError, request), () => {
      if (!request.response) throw request.error;
      return request.response;
    });
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

/** Runs them from one on, and waits for those that have to. True where one of them has answered. */
function runAll(all: readonly Run[], request: StackRequest, from = 0): Awaitable<boolean> {
  for (let at = from; at < all.length; at++) {
    const answered = all[at]!(request);
    if (isPromise(answered)) {
      return answered.then((answer) => hasAnswered(request, answer) || runAll(all, request, at + 1));
    }
    if (hasAnswered(request, answered)) return true;
  }
  return false;
}

function hasAnswered(request: StackRequest, answer: ProxyResponse | undefined): boolean {
  if (answer === undefined) return false;
  request.response = answer;
  return true;
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
