import httpSecurityHeaders from '@middy/http-security-headers';
import { type Middleware, stateOf } from './state.ts';

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

export function securityHeaders(): Middleware {
  const { after: addFixed } = httpSecurityHeaders({
    contentSecurityPolicy: false,
    crossOriginEmbedderPolicy: false,
    permissionsPolicy: false,
    reportTo: false,
    reportingEndpoints: false,
  });
  const add: NonNullable<Middleware['after']> = (request) => {
    if (!request.response) return;
    addFixed?.(request);
    request.response.headers['Content-Security-Policy'] = stateOf(request.event).route?.page
      ? PAGE_POLICY
      : DATA_POLICY;
  };
  return { after: add, onError: add };
}
