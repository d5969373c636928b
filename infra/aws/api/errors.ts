import { GatewayResponse, type IRestApi, ResponseType } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';

interface GatewayError {
  readonly type: ResponseType;
  /** If it differs from API Gateway's own. */
  readonly status?: string;
  readonly error: string;
  readonly message: string;
}

/** The errors of the gateway itself, in the format of the platform's specification. */
const ERRORS: readonly GatewayError[] = [
  // API Gateway's error for a path without a resource.
  { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, status: '404', error: 'not_found', message: 'Not found' },
  { type: ResponseType.THROTTLED, error: 'rate_limit_exceeded', message: 'Too many requests' },
  { type: ResponseType.REQUEST_TOO_LARGE, error: 'payload_too_large', message: 'The request is too large' },
  { type: ResponseType.WAF_FILTERED, error: 'forbidden', message: 'The request was refused' },
  { type: ResponseType.INTEGRATION_TIMEOUT, error: 'unavailable', message: 'The request took too long' },
  { type: ResponseType.DEFAULT_4XX, error: 'bad_request', message: 'The request could not be read' },
  { type: ResponseType.DEFAULT_5XX, error: 'unavailable', message: 'Try again later' },
];

const HEADERS = { 'Access-Control-Allow-Origin': "'*'", 'Cache-Control': "'no-store'" };

export function addErrors(scope: Construct, restApi: IRestApi): void {
  for (const { type, status, error, message } of ERRORS) {
    new GatewayResponse(scope, `Error${type.responseType}`, {
      restApi,
      type,
      ...(status === undefined ? {} : { statusCode: status }),
      responseHeaders: HEADERS,
      templates: { 'application/json': JSON.stringify({ error, message }) },
    });
  }
}
