import httpCors from '@middy/http-cors';
import type { Middleware } from './state.ts';

const EXPOSED = [
  'Content-Disposition',
  'ETag',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Request-Id',
];

/** Allows calls from pages of other origins, without cookies: none are used. The dispatcher answers preflights. */
export function cors(origins: readonly string[]): Middleware {
  return httpCors({
    origins: [...origins],
    headers: 'Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-API-Key',
    methods: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    exposeHeaders: EXPOSED.join(', '),
    maxAge: '600',
  }) as Middleware;
}
