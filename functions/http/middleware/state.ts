/** The state that the middlewares of one request share, and their type. */
import type { Readable } from 'node:stream';
import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { TrainyardError } from '#domain/errors.ts';
import { contentOf } from '#domain/request-body.ts';
import type { RawBody } from '../body/body.ts';
import type { HandlerContext } from '../contract.ts';
import type { Preflight } from '../match.ts';
import type { RateLimitStatus } from '../rate-limit.ts';
import type { Caller, RequestDeclaration, RouteFacts } from '../route.ts';

export interface RequestState {
  id: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>;
  route: (RouteFacts & { readonly request: RequestDeclaration }) | undefined;
  parameters: Readonly<Record<string, string>>;
  preflight: Preflight | undefined;
  /** Why there is no route. */
  unmatched: TrainyardError | undefined;
  /** Whether the request has an `Authorization` header. */
  presented: boolean;
  caller: Caller | undefined;
  /** Whose limits the request counts against, such as `account#ID`. */
  client: string;
  rateLimit: RateLimitStatus | undefined;
  body: RawBody;
  /** The stable code of the error in the response. */
  errorCode: string | undefined;
}

export interface ProxyResponse {
  statusCode: number;
  headers: Record<string, string>;
  /** A stream only if the function streams its response. */
  body: string | Readable;
  isBase64Encoded?: boolean;
}

export type Middleware = MiddlewareObj<APIGatewayProxyEvent, ProxyResponse, Error, HandlerContext>;

/** Of the event, because nothing else that a handler gets identifies the request. */
const STATE = Symbol('state');

interface WithState {
  [STATE]?: RequestState;
}

const NOTHING = contentOf(new Uint8Array());

/** Made without a prototype, so that no name is an object's own. */
function lowerCased(headers: APIGatewayProxyEvent['headers']): Record<string, string> {
  if (isLowerCased(headers)) return headers;
  const result: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) result[name.toLowerCase()] = value;
  return result;
}

/** As many clients send them, and as our host passes them on. */
function isLowerCased(headers: APIGatewayProxyEvent['headers']): headers is Record<string, string> {
  for (const name in headers) if (headers[name] === undefined || name !== name.toLowerCase()) return false;
  return true;
}

export function stateOf(event: APIGatewayProxyEvent): RequestState {
  const of = event as WithState;
  of[STATE] ??= newState(event);
  return of[STATE];
}

function newState(event: APIGatewayProxyEvent): RequestState {
  const headers = lowerCased(event.headers ?? {});
  const body = { contentType: headers['content-type'], content: NOTHING };
  return {
    id: '',
    startedAt: 0,
    headers,
    route: undefined,
    parameters: {},
    preflight: undefined,
    unmatched: undefined,
    presented: false,
    caller: undefined,
    client: '',
    rateLimit: undefined,
    body,
    errorCode: undefined,
  };
}
