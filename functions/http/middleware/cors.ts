import httpCors from '@middy/http-cors';
import type { Middleware } from './state.ts';

const EXPOSED = [
  'Content-Disposition',
  'ETag',
  'Inference-Header-Content-Length',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Request-Id',
];

const HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-None-Match',
  'Inference-Header-Content-Length',
  'Last-Event-ID',
  'X-API-Key',
];

/** Allows calls from pages of other origins, without cookies: none are used. The dispatcher answers preflights. */
export function cors(origins: readonly string[]): Middleware {
  return httpCors({
    origins: [...origins],
    headers: HEADERS.join(', '),
    methods: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    exposeHeaders: EXPOSED.join(', '),
    maxAge: '600',
  }) as Middleware;
}
