import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Log } from '../contract.ts';
import { type Middleware, type ProxyResponse, stateOf } from './state.ts';

/**
 * Logs one line per request, with the route's template instead of the path, and without headers and bodies: none of
 * them can leak a secret.
 */
export function logRequest(log: Log, now: () => number): Middleware {
  function line(event: APIGatewayProxyEvent, response: ProxyResponse | null | undefined): void {
    const { route, startedAt, id, caller, errorCode } = stateOf(event);
    const facts: Record<string, string | number> = {
      method: event.httpMethod,
      route: route?.path ?? 'none',
      status: response?.statusCode ?? 500,
      duration_ms: Math.max(0, now() - startedAt),
      request_id: id,
    };
    if (caller) facts.account_id = caller.accountId;
    if (errorCode !== undefined) facts.error_code = errorCode;
    log.info('request', facts);
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
