import { GatewayResponse, type IRestApi, ResponseType } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import type { SurfaceName } from '#infra/topology.ts';

interface GatewayError {
  readonly type: ResponseType;
  /** If it differs from API Gateway's own. */
  readonly status?: string;
  readonly code: string;
  readonly message: string;
  /** Seconds until another try can succeed, where it can. */
  readonly retryAfter?: number;
  /** Whether the fault is on this side, so that the request's id helps to find it. */
  readonly ours?: true;
}

/** Until API Gateway's limits, which are per second, admit a request again, or a function that has failed runs again. */
const RETRY_SECONDS = 1;
const unavailable = { code: 'unavailable', retryAfter: RETRY_SECONDS, ours: true } as const;

/** The errors of the gateway itself: the function behind it is not called, or its response does not arrive. */
const ERRORS: readonly GatewayError[] = [
  // API Gateway's error for a path without a resource.
  { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, status: '404', code: 'not_found', message: 'Not found' },
  {
    type: ResponseType.THROTTLED,
    code: 'rate_limit_exceeded',
    message: 'Too many requests',
    retryAfter: RETRY_SECONDS,
  },
  { type: ResponseType.REQUEST_TOO_LARGE, code: 'payload_too_large', message: 'The request is too large' },
  { type: ResponseType.WAF_FILTERED, code: 'forbidden', message: 'The request was refused' },
  { type: ResponseType.INTEGRATION_TIMEOUT, message: 'The request took too long', ...unavailable },
  { type: ResponseType.DEFAULT_4XX, code: 'bad_request', message: 'The request could not be read' },
  { type: ResponseType.DEFAULT_5XX, message: 'Try again later', ...unavailable },
];

/** API Gateway replaces it by the id, which its access log has as well. */
const REQUEST_ID = '$context.requestId';

/**
 * The body of an error by surface, with the fields of the surface's document: those of `functions/http/errors/`.
 *
 * A gateway response belongs to an API and cannot depend on the path, because its template only replaces variables. So
 * below `/api/v1/models`, which belongs to the platform's API, these few errors have the platform's fields; those of
 * functions, which are all others, have the fields of that path's own document.
 */
const BODIES: Readonly<Record<SurfaceName, (of: GatewayError) => object>> = {
  platform: ({ code, message, retryAfter, ours }) => ({
    error: code,
    message,
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...(ours ? { request_id: REQUEST_ID } : {}),
  }),
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
