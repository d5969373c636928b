/** How a host calls a surface: plain Lambda handlers, and what it has to hand over to get one. */
import type { Writable } from 'node:stream';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { Settings } from '#domain/settings.ts';

/** Where log lines go: a Powertools Logger, or anything that takes the same calls. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export interface HandlerOptions {
  readonly settings: Settings;
  readonly logger: Log;
}

/** `event.path` has no surface base: the gateway or the host has stripped it. */
export type HttpHandler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** What `awslambda.streamifyResponse` makes of a handler: it writes head and body to the stream and ends it. */
export type StreamingHttpHandler = (
  event: APIGatewayProxyEvent,
  responseStream: Writable,
  context: Context,
) => Promise<void>;
