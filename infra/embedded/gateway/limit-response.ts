/** The gateway's own responses to too many connections or requests, in the format of API Gateway's. */
import { STATUS_CODES } from 'node:http';
import type { APIGatewayProxyResult } from 'aws-lambda';
import type { ConcurrencyScope } from './concurrency-limit.ts';

const RETRY_SECONDS = 1;

const RESPONSES: Readonly<Record<ConcurrencyScope, { readonly status: number; readonly message: string }>> = {
  address: { status: 429, message: 'Too many connections from one address' },
  total: { status: 503, message: 'Too many connections' },
};

export function limitResponse(exceeded: ConcurrencyScope): APIGatewayProxyResult {
  const { status: statusCode, message } = RESPONSES[exceeded];
  const headers = { 'content-type': 'application/json', 'retry-after': String(RETRY_SECONDS), connection: 'close' };
  return { statusCode, headers, body: JSON.stringify({ message }) };
}

/** The same as text, for a connection without a request. */
export function limitResponseText(exceeded: ConcurrencyScope): string {
  const { statusCode, headers = {}, body } = limitResponse(exceeded);
  const lines = Object.entries({ ...headers, 'content-length': body.length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`, ...lines, '', body].join('\r\n');
}
