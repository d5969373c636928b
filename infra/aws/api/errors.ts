import { GatewayResponse, type IRestApi, ResponseType } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import { errorName } from '#domain/error-name.ts';
import type { SurfaceName } from '#infra/topology.ts';

interface GatewayError {
  readonly type: ResponseType;
  /** What the caller sees; of the two defaults, the most usual one. */
  readonly code: number;
  /** If it differs from API Gateway's own. */
  readonly status?: string;
  readonly name: string;
  readonly message: string;
  /** Seconds until another try can succeed, where it can. */
  readonly retryAfter?: number;
  /** Whether the fault is on this side, so that the request's id helps to find it. */
  readonly ours?: true;
}

/** Until API Gateway's limits, which are per second, admit a request again, or a function that has failed runs again. */
const RETRY_SECONDS = 1;
const unavailable = { name: 'unavailable', retryAfter: RETRY_SECONDS, ours: true } as const;

/** The errors of the gateway itself: the function behind it is not called, or its response does not arrive. */
const ERRORS: readonly GatewayError[] = [
  // API Gateway's error for a path without a resource.
  {
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    status: '404',
    code: 404,
    name: 'not_found',
    message: 'Not found',
  },
  {
    type: ResponseType.THROTTLED,
    code: 429,
    name: 'rate_limit_exceeded',
    message: 'Too many requests',
    retryAfter: RETRY_SECONDS,
  },
  { type: ResponseType.REQUEST_TOO_LARGE, code: 413, name: 'payload_too_large', message: 'The request is too large' },
  { type: ResponseType.WAF_FILTERED, code: 403, name: 'forbidden', message: 'The request was refused' },
  { type: ResponseType.INTEGRATION_TIMEOUT, code: 504, message: 'The request took too long', ...unavailable },
  { type: ResponseType.DEFAULT_4XX, code: 400, name: 'bad_request', message: 'The request could not be read' },
  { type: ResponseType.DEFAULT_5XX, code: 500, message: 'Try again later', ...unavailable },
];

/** API Gateway replaces it by the id, which its access log has as well. */
const REQUEST_ID = '$context.requestId';
const TIME = '$context.requestTime';

/**
 * The body of an error by surface, with the fields of the surface's document: those of `functions/http/errors/`.
 *
 * A gateway response belongs to an API and cannot depend on the path, because its template only replaces variables. So
 * below `/api/v1/models`, which belongs to the platform's API, these few errors have the platform's fields; those of
 * functions, which are all others, have the fields of that path's own document.
 */
const BODIES: Readonly<Record<SurfaceName, (of: GatewayError) => object>> = {
  platform: ({ name, message, retryAfter, ours }) => ({
    error: name,
    message,
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...(ours ? { request_id: REQUEST_ID } : {}),
  }),
  catalog: ({ code, message }) => ({ code, message }),
  manager: ({ name, message }) => ({
    error: errorName(name),
    message,
    details: {},
    timestamp: TIME,
    request_id: REQUEST_ID,
  }),
  training: ({ name, message }) => ({ status: 'error', error: message, code: name.toUpperCase(), timestamp: TIME }),
};

/** A gateway response's headers are expressions: a constant is in quotes. */
const headersOf = ({ retryAfter }: GatewayError): Record<string, string> => ({
  'Access-Control-Allow-Origin': "'*'",
  'Access-Control-Expose-Headers': "'Retry-After'",
  'Cache-Control': "'no-store'",
  ...(retryAfter === undefined ? {} : { 'Retry-After': `'${retryAfter}'` }),
});

export function addErrors(scope: Construct, restApi: IRestApi, surface: SurfaceName): void {
  for (const one of ERRORS) {
    new GatewayResponse(scope, `Error${one.type.responseType}`, {
      restApi,
      type: one.type,
      ...(one.status === undefined ? {} : { statusCode: one.status }),
      responseHeaders: headersOf(one),
      templates: { 'application/json': JSON.stringify(BODIES[surface](one)) },
    });
  }
}
