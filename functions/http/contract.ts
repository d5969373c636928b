/** How a host calls a surface: the types of Lambda handlers, and the options to make one. */
import type { Writable } from 'node:stream';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { Awaitable } from '#domain/awaitable.ts';
import type { RequestBody } from '#domain/request-body.ts';
import type { Settings } from '#domain/settings.ts';

/** A Powertools Logger, or anything with the same methods. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export interface HandlerOptions {
  readonly settings: Settings;
  readonly logger: Log;
}

/** `body` is missing where the event contains the body, as API Gateway's does. */
export interface HandlerContext extends Context {
  readonly body?: RequestBody;
}

/** `event.path` has no surface base: the gateway or the host has stripped it. What is at hand is answered at once. */
export type HttpHandler = (event: APIGatewayProxyEvent, context: HandlerContext) => Awaitable<APIGatewayProxyResult>;

/** A handler wrapped by `awslambda.streamifyResponse`: it writes head and body to the stream and ends it. */
export type StreamingHttpHandler = (
  event: APIGatewayProxyEvent,
  responseStream: Writable,
  context: HandlerContext,
) => Promise<void>;
