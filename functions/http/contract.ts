/** How a host calls a surface: the types of Lambda handlers, and the options to make one. */
import type { Writable } from 'node:stream';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { Settings } from '#domain/settings.ts';

/** A Powertools Logger, or anything with the same methods. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export interface HandlerOptions {
  readonly settings: Settings;
  readonly logger: Log;
}

/** `event.path` does not include the surface's base path: the gateway or the host strips it. */
export type HttpHandler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** A handler wrapped by `awslambda.streamifyResponse`: it writes head and body to the stream and ends it. */
export type StreamingHttpHandler = (
  event: APIGatewayProxyEvent,
  responseStream: Writable,
  context: Context,
) => Promise<void>;
