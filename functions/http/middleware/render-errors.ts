import {
  DamagedFileError,
  InternalError,
  MethodNotAllowedError,
  RangeNotSatisfiableError,
  RateLimitError,
  TrainyardError,
  UnauthorizedError,
  UnavailableError,
} from '#domain/errors.ts';
import { challenge } from '../authentication/bearer.ts';
import type { Log } from '../contract.ts';
import type { ErrorRenderer } from '../errors/renderer.ts';
import { type Middleware, stateOf } from './state.ts';

/**
 * Renders every error in the surface's format. Unexpected errors are logged with their stack and hidden from the
 * caller.
 */
export function renderErrors(render: ErrorRenderer, log: Log, now: () => number): Middleware {
  return {
    onError(request) {
      const state = stateOf(request.event);
      const thrown = request.error;
      const error = thrown instanceof TrainyardError ? thrown : new InternalError();
      state.errorCode = error.code;
      // Of damage the operator has to know, too.
      if (error.status >= 500 || error instanceof DamagedFileError)
        log.error('request failed', { request_id: state.id, error: thrown ?? error });
      request.response = {
        statusCode: error.status,
        headers: {
          'Content-Type': 'application/json',
          'Cache-Control': 'no-store',
          ...headersOf(error, state.presented),
        },
        body:
          request.event.httpMethod === 'HEAD'
            ? ''
            : JSON.stringify(
                render(error, { id: state.id, path: request.event.path, at: now(), presented: state.presented }),
              ),
      };
    },
  };
}

function headersOf(error: TrainyardError, presented: boolean): Record<string, string> {
  if (error instanceof UnauthorizedError) return { 'WWW-Authenticate': challenge(presented) };
  if (error instanceof MethodNotAllowedError) return { Allow: error.allow.join(', ') };
  if (error instanceof RangeNotSatisfiableError) return { 'Content-Range': `bytes */${error.size}` };
  if (error instanceof RateLimitError || error instanceof UnavailableError) {
    return { 'Retry-After': String(error.retryAfter) };
  }
  return {};
}
