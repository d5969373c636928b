import httpSecurityHeaders from '@middy/http-security-headers';
import type { RouteFacts } from '../route.ts';
import { type Middleware, type ProxyResponse, stateOf } from './state.ts';

/** A browser should neither run nor frame data. */
const DATA_POLICY = policy({ 'default-src': "'none'", 'base-uri': "'none'", 'frame-ancestors': "'none'" });

/**
 * The documentation pages load only what this server serves; their viewers write style elements and start a worker from
 * a blob. No `upgrade-insecure-requests`, because one machine may serve plain HTTP.
 */
const PAGE_POLICY = policy({
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data: blob:",
  'font-src': "'self' data:",
  'connect-src': "'self'",
  'worker-src': "'self' blob:",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
});

function policy(directives: Readonly<Record<string, string>>): string {
  return Object.entries(directives)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');
}

function headersWith(policy: string): Readonly<Record<string, string>> {
  const { after: add } = httpSecurityHeaders({
    contentSecurityPolicy: false,
    crossOriginEmbedderPolicy: false,
    permissionsPolicy: false,
    reportTo: false,
    reportingEndpoints: false,
  });
  const response: ProxyResponse = { statusCode: 200, headers: {}, body: '' };
  add?.({ response } as Parameters<NonNullable<typeof add>>[0]);
  return { ...response.headers, 'Content-Security-Policy': policy };
}

const OF_DATA = headersWith(DATA_POLICY);
const OF_PAGES = headersWith(PAGE_POLICY);

/** The same for every response of a route. */
export const securityHeadersOf = (route: Pick<RouteFacts, 'page'> | undefined): Readonly<Record<string, string>> =>
  route?.page ? OF_PAGES : OF_DATA;

/** For errors. A response of a route begins with these headers: see `dispatch.ts`. */
export function securityHeaders(): Middleware {
  return {
    onError({ event, response }) {
      if (response) Object.assign(response.headers, securityHeadersOf(stateOf(event).route));
    },
  };
}
