/** How a route declares its body: what it accepts, how much of it, and how to read it. */
import type { ZodOpenApiRequestBodyObject } from 'zod-openapi';
import type { Awaitable } from '#domain/awaitable.ts';
import type { Content } from '#domain/request-body.ts';
import type { Settings } from '#domain/settings.ts';

export interface RawBody {
  /** The `content-type` header. */
  readonly contentType: string | undefined;
  readonly content: Content;
}

export interface Body<T> {
  /** Media types, in lower case. */
  readonly accepts: readonly string[];
  /** Whether a request may come without a body, and without its media type. */
  readonly optional?: true;
  /** The largest size in bytes. */
  bound(settings: Settings): number;
  /** Throws `ValidationError`. */
  parse(raw: RawBody): Awaitable<T>;
  readonly openapi: ZodOpenApiRequestBodyObject;
}
