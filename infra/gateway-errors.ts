/**
 * The body of an error of the gateway itself by surface, with the fields of the surface's document: those of
 * `functions/http/errors/`.
 *
 * A gateway response of API Gateway belongs to an API and cannot depend on the path, because its template only replaces
 * variables. So below `/api/v1/models`, which belongs to the platform's API, these few errors have the platform's fields;
 * those of functions, which are all others, have the fields of that path's own document.
 */
import { errorName } from '#domain/error-name.ts';
import type { SurfaceName } from './topology.ts';

export interface GatewayErrorFacts {
  /** What the caller sees. */
  readonly code: number;
  readonly name: string;
  readonly message: string;
  /** Seconds until another try can succeed, where it can. */
  readonly retryAfter?: number;
  /** Whether the fault is on this side, so that the request's id helps to find it. */
  readonly ours?: true;
}

/** Until a function that has failed runs again, or API Gateway's limits, which are per second, admit a request again. */
export const RETRY_SECONDS = 1;

export const UNAVAILABLE = { name: 'unavailable', retryAfter: RETRY_SECONDS, ours: true } as const;
/** Of a function that has failed. */
export const FAILED = { message: 'Try again later', ...UNAVAILABLE } as const;

interface Request {
  readonly id: string;
  readonly time: string;
}

const BODIES: Readonly<Record<SurfaceName, (of: GatewayErrorFacts, request: Request) => object>> = {
  platform: ({ name, message, retryAfter, ours }, { id }) => ({
    error: name,
    message,
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...(ours ? { request_id: id } : {}),
  }),
  catalog: ({ code, message }) => ({ code, message }),
  manager: ({ name, message }, { id, time }) => ({
    error: errorName(name),
    message,
    details: {},
    timestamp: time,
    request_id: id,
  }),
  training: ({ name, message }, { time }) => ({
    ...{ status: 'error', error: message },
    ...{ code: name.toUpperCase(), timestamp: time },
  }),
};

export const gatewayErrorBody = (surface: SurfaceName, of: GatewayErrorFacts, request: Request): string =>
  JSON.stringify(BODIES[surface](of, request));
