import httpCors from '@middy/http-cors';
import { type Middleware, stateOf } from './state.ts';

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

/**
 * Allows calls from pages of other origins, without cookies: none are used. The dispatcher answers preflights. Where not
 * every origin may call, a request without one, which comes from no page, gets none of the headers.
 */
export function cors(origins: readonly string[]): Middleware {
  const library = corsOf(origins);
  if (origins.includes('*')) return library;
  const ifFromPage =
    (add: Middleware['after']): NonNullable<Middleware['after']> =>
    (request) => {
      const { event, response } = request;
      if (stateOf(event).headers.origin !== undefined || event.httpMethod === 'OPTIONS') return add?.(request);
      // Caches must not answer a page with it.
      if (response) response.headers.Vary = response.headers.Vary ? `${response.headers.Vary}, Origin` : 'Origin';
    };
  return { ...library, after: ifFromPage(library.after), onError: ifFromPage(library.onError) };
}

const corsOf = (origins: readonly string[]): Middleware =>
  httpCors({
    origins: [...origins],
    headers: HEADERS.join(', '),
    methods: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    exposeHeaders: EXPOSED.join(', '),
    maxAge: '600',
  }) as Middleware;
