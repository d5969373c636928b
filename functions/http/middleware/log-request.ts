import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Log } from '../contract.ts';
import { type Middleware, type ProxyResponse, stateOf } from './state.ts';

/**
 * Logs one line per request, with the route's template instead of the path, and without headers and bodies: none of
 * them can leak a secret.
 */
export function logRequest(log: Log, now: () => number): Middleware {
  function line(event: APIGatewayProxyEvent, response: ProxyResponse | null | undefined): void {
    const state = stateOf(event);
    log.info('request', {
      method: event.httpMethod,
      route: state.route?.path ?? 'none',
      status: response?.statusCode ?? 500,
      duration_ms: Math.max(0, now() - state.startedAt),
      request_id: state.id,
      ...(state.caller ? { account_id: state.caller.accountId } : {}),
      ...(state.errorCode === undefined ? {} : { error_code: state.errorCode }),
    });
  }
  return {
    before({ event }) {
      stateOf(event).startedAt = now();
    },
    after({ event, response }) {
      line(event, response);
    },
    onError({ event, response }) {
      line(event, response);
    },
  };
}
