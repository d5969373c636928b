import httpSecurityHeaders from '@middy/http-security-headers';
import { type Middleware, stateOf } from './state.ts';

/** Data is nothing that a browser should run or frame. */
const DATA_POLICY = policy({ 'default-src': "'none'", 'base-uri': "'none'", 'frame-ancestors': "'none'" });

/**
 * The documentation loads what this server serves and nothing else; its viewers write style elements and start a
 * worker from a blob. Plain HTTP on one machine is a way to run this, so requests are not upgraded.
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
