/** What the middlewares of one request tell each other, and how one of them looks. */
import type { Readable } from 'node:stream';
import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type { TrainyardError } from '#domain/errors.ts';
import type { RawBody } from '../body/body.ts';
import type { Preflight } from '../match.ts';
import type { RateLimitStatus } from '../rate-limit.ts';
import type { Caller, RequestDeclaration, RouteFacts } from '../route.ts';

export interface RequestState {
  id: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>;
  route?: RouteFacts & { readonly request: RequestDeclaration };
  parameters: Readonly<Record<string, string>>;
  preflight?: Preflight;
  /** Why there is no route. */
  unmatched?: TrainyardError;
  /** Whether an `Authorization` header came. */
  presented: boolean;
  caller?: Caller;
  rateLimit?: RateLimitStatus;
  body: RawBody;
  /** The stable code of the error that was answered. */
  errorCode?: string;
}

export interface ProxyResponse {
  statusCode: number;
  headers: Record<string, string>;
  /** A stream only where the function streams its answer. */
  body: string | Readable;
  isBase64Encoded?: boolean;
}

export type Middleware = MiddlewareObj<APIGatewayProxyEvent, ProxyResponse, Error, Context>;

/** By event, since a handler is given nothing else that is the request's own. */
const states = new WeakMap<APIGatewayProxyEvent, RequestState>();

export function stateOf(event: APIGatewayProxyEvent): RequestState {
  const known = states.get(event);
  if (known) return known;
  const headers = Object.fromEntries(
    Object.entries(event.headers ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), value] as const],
    ),
  );
  const body = { contentType: headers['content-type'], bytes: new Uint8Array() };
  const state: RequestState = { id: '', startedAt: 0, headers, parameters: {}, presented: false, body };
  states.set(event, state);
  return state;
}
