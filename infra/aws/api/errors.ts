import { GatewayResponse, type IRestApi, ResponseType } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import { FAILED, type GatewayErrorFacts, gatewayErrorBody, RETRY_SECONDS, UNAVAILABLE } from '#infra/gateway-errors.ts';
import type { SurfaceName } from '#infra/topology.ts';

/** `code` is, of the two defaults, the most usual one. */
interface GatewayError extends GatewayErrorFacts {
  readonly type: ResponseType;
  /** If it differs from API Gateway's own. */
  readonly status?: string;
}

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
  { type: ResponseType.INTEGRATION_TIMEOUT, code: 504, message: 'The request took too long', ...UNAVAILABLE },
  { type: ResponseType.DEFAULT_4XX, code: 400, name: 'bad_request', message: 'The request could not be read' },
  { type: ResponseType.DEFAULT_5XX, code: 500, ...FAILED },
];

/** API Gateway replaces them: the id is the one that its access log has as well. */
const REQUEST = { id: '$context.requestId', time: '$context.requestTime' };

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
      templates: { 'application/json': gatewayErrorBody(surface, one, REQUEST) },
    });
  }
}
