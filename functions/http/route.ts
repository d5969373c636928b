/**
 * A route is one declaration with its handler. Routing, validation, the handler's types and the OpenAPI document all
 * come from it.
 */
import type { z } from 'zod';
import type { Scope } from '#domain/accounts/scopes.ts';
import type { Session } from '#domain/accounts/sessions.ts';
import { type Awaitable, andThen } from '#domain/awaitable.ts';
import { UnauthorizedError } from '#domain/errors.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Settings } from '#domain/settings.ts';
import { type AccessTokens, makeAccessTokens } from './authentication/access-token.ts';
import { type ApiKeys, makeApiKeys } from './authentication/api-key.ts';
import type { Body, RawBody } from './body/body.ts';
import type { HandlerOptions, Log } from './contract.ts';
import type { Reply, ReplyOf, Responses } from './reply.ts';
import { parseHeaders, parsePath, parseQuery } from './validation/parameters.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * `account`: only with a valid access token or API key. `operator`: likewise, but on one machine whoever works at it may
 * call without, as its operator; for surfaces whose documents know no authentication. `session`: only with the refresh
 * token of a session in the body. `none`: anyone.
 */
export type Authentication = 'account' | 'operator' | 'session' | 'none';

/**
 * Whether a call counts against the caller's requests per hour, or, for documents that are large and that browsers cache,
 * against those of its address.
 */
export type Cost = 'free' | 'request' | 'document';

/** Who calls, and what they may do. */
export interface Caller {
  readonly accountId: string;
  readonly scope: Scope;
  /** Absent for an API key and for the operator. */
  readonly userId?: string;
  /** SHA-256 of the API key with which the caller was identified. */
  readonly keyHash?: string;
  /** The user who made that key. */
  readonly keyOwner?: string;
  readonly session?: Session;
}

type CallerOf<A extends Authentication> = A extends 'none'
  ? undefined
  : A extends 'session'
    ? Caller & { readonly session: Session }
    : Caller;

/** What the handlers of a surface get besides the request. */
export interface Services {
  readonly adapters: Adapters;
  readonly settings: Settings;
  readonly logger: Log;
  readonly tokens: AccessTokens;
  readonly apiKeys: ApiKeys;
}

export function makeServices(adapters: Adapters, { settings, logger }: HandlerOptions): Services {
  return {
    adapters,
    settings,
    logger,
    tokens: makeAccessTokens(adapters.keys, settings, adapters.now),
    apiKeys: makeApiKeys(adapters, logger),
  };
}

/** A request as received, not validated yet. */
export interface RawRequest {
  readonly id: string;
  readonly sourceIp: string;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, readonly string[]>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RawBody;
  readonly caller: Caller | undefined;
}

/** What is known of a request before its query, headers and body are looked at. */
export interface Target<A extends Authentication, P> {
  readonly path: P;
  readonly caller: CallerOf<A>;
  readonly request: { readonly id: string; readonly sourceIp: string };
}

export interface Input<A extends Authentication, P, Q, H, B, X> extends Target<A, P> {
  readonly resource: X;
  readonly query: Q;
  readonly headers: H;
  readonly body: B;
}

/** What a route declares, without its handler. */
export interface RouteFacts {
  readonly method: Method;
  /** Such as `/datasets/{dataset_id}`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly authentication: Authentication;
  /** What the caller must be allowed; every route for accounts or the operator has one. */
  readonly scope?: Scope;
  readonly cost: Cost;
  readonly responses: Responses;
  /** Statuses of errors beyond those that follow from the rest of the declaration. */
  readonly errors?: readonly number[];
  /** Accepts an `Idempotency-Key`: a retry of the same request gets the same response, and is done only once. */
  readonly idempotent?: boolean;
  /** The response has a secret, which is never stored as it is: the one for an `Idempotency-Key` is encrypted. */
  readonly confidential?: boolean;
  /** An HTML page with scripts and styles of ours: gets the Content-Security-Policy that allows them. */
  readonly page?: boolean;
}

export interface RequestDeclaration {
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: Body<unknown>;
}

/** A route without the types of its handler. */
export interface Route<S extends Services = Services> extends RouteFacts {
  readonly request: RequestDeclaration;
  /** Validates the request and runs the handler. Throws `TrainyardError`s. */
  run(raw: RawRequest, services: S): Awaitable<Reply>;
}

interface Declaration<
  A extends Authentication,
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B,
  R extends Responses,
  O extends ReplyOf<R>,
  X,
  S extends Services,
> extends RouteFacts {
  readonly authentication: A;
  readonly request?: { readonly path?: P; readonly query?: Q; readonly headers?: H; readonly body?: Body<B> };
  readonly responses: R;
  /**
   * Reads what the path names. It throws `NotFoundError` where that is not there for the caller, and `ForbiddenError` where
   * the caller may not do this with it; then nothing else of the request is looked at. Before a body, it has to.
   */
  readonly resource?: (target: Target<A, z.output<P>>, services: S) => Awaitable<X>;
  readonly handler: (input: Input<A, z.output<P>, z.output<Q>, z.output<H>, B, X>, services: S) => Awaitable<O>;
}

/** Throws `TypeError` for a path with parameters and a body whose resource nobody reads. */
export function route<
  const A extends Authentication,
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B,
  const R extends Responses,
  const O extends ReplyOf<R>,
  X = undefined,
  S extends Services = Services,
>(declared: Declaration<A, P, Q, H, B, R, O, X, S>): Route<S> {
  const { handler, resource, request = {}, ...facts } = declared;
  if (request.path && request.body && !resource) {
    throw new TypeError(`${facts.method} ${facts.path} would parse a body for a resource that may not be there`);
  }
  return {
    ...facts,
    request,
    run(raw, services) {
      const target = {
        path: parsePath(request.path, raw.path),
        // The middleware admits only authenticated callers to a route with authentication, but for sessions: see below.
        caller: raw.caller as Target<A, unknown>['caller'],
        request: { id: raw.id, sourceIp: raw.sourceIp },
      };
      return andThen(resource?.(target, services), (found) => {
        const query = parseQuery(request.query, raw.query);
        const headers = parseHeaders(request.headers, raw.headers);
        return andThen(request.body?.parse(raw.body), (body) => {
          // An unknown refresh token is refused after whatever else is wrong with the body.
          if (facts.authentication === 'session' && raw.caller === undefined) throw new UnauthorizedError();
          return handler({ ...target, resource: found as X, query, headers, body: body as B }, services);
        });
      });
    },
  };
}
