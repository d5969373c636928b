/**
 * API Gateway removes its stage from `event.path`, but not the base path of a custom domain: a request for `/health`
 * then arrives as `/platform/health`.
 */
import type { Awaitable } from '#domain/awaitable.ts';

interface GatewayEvent {
  readonly path: string;
  /** `domainPrefix` is the API's id unless the request came through a custom domain. */
  readonly requestContext: { readonly apiId?: string; readonly domainPrefix?: string };
}

/** The event with the path that the surface's routes know. */
export function withoutBase<E extends GatewayEvent>(base: string, event: E): E {
  const { apiId, domainPrefix } = event.requestContext;
  if (domainPrefix === undefined || domainPrefix === apiId) return event;
  if (event.path !== base && !event.path.startsWith(`${base}/`)) return event;
  return { ...event, path: event.path.slice(base.length) || '/' };
}

/**
 * Wraps a handler, for Lambda's runtime, which waits for a promise. It marks a streaming handler with a symbol property, which
 * the wrapper copies.
 */
export function belowBase<E extends GatewayEvent, A extends readonly unknown[], R>(
  base: string,
  handler: (event: E, ...rest: A) => Awaitable<R>,
): (event: E, ...rest: A) => Promise<R> {
  const wrapped = async (event: E, ...rest: A): Promise<R> => handler(withoutBase(base, event), ...rest);
  for (const mark of Object.getOwnPropertySymbols(handler)) {
    Object.defineProperty(wrapped, mark, Object.getOwnPropertyDescriptor(handler, mark)!);
  }
  return wrapped;
}
