import type { APIGatewayProxyEvent } from 'aws-lambda';
import { includes } from '#domain/accounts/scopes.ts';
import { findSession } from '#domain/accounts/sessions.ts';
import { ForbiddenError, UnauthorizedError } from '#domain/errors.ts';
import type { AccessToken } from '../authentication/access-token.ts';
import { bearerToken } from '../authentication/bearer.ts';
import { addressBucket } from '../client-address.ts';
import { countRequest, enforce, rateLimitHeaders } from '../rate-limit.ts';
import type { Services } from '../route.ts';
import { type Middleware, type ProxyResponse, type RequestState, stateOf } from './state.ts';

/**
 * Authenticates and rate-limits. The token is verified without a remote call; then its session is read and the request
 * counted, concurrently. Without a valid token the request counts for the client's address.
 * Throws `RateLimitError`, `UnauthorizedError`, and the error of a request that matches no route.
 */
export function admit(services: Services): Middleware {
  const { adapters, settings, tokens } = services;
  const { table, now } = adapters;

  async function admitAccount(state: RequestState, token: AccessToken): Promise<void> {
    const { accountId, sessionId } = token;
    const limit = settings.rates.authenticatedPerHour;
    const [rateLimit, session] = await Promise.all([
      countRequest(table, `account#${accountId}`, limit, now()),
      findSession(table, accountId, sessionId),
    ]);
    state.rateLimit = rateLimit;
    enforce(rateLimit, now());
    if (!session) throw new UnauthorizedError();
    state.caller = { accountId, scope: 'admin', session };
    permit(state);
  }

  /** Throws `ForbiddenError` where the caller may not do what the route does. */
  function permit({ caller, route }: RequestState): void {
    const { scope } = route ?? {};
    if (caller && scope && !includes(caller.scope, scope)) {
      throw new ForbiddenError(`This needs the scope ${scope}; yours is ${caller.scope}`);
    }
  }

  async function admitAddress(state: RequestState, event: APIGatewayProxyEvent): Promise<void> {
    const address = addressBucket(event.requestContext.identity.sourceIp);
    state.rateLimit = await countRequest(table, `address#${address}`, settings.rates.anonymousPerHour, now());
    enforce(state.rateLimit, now());
  }

  async function tokenOf(state: RequestState): Promise<AccessToken | undefined> {
    state.presented = state.headers.authorization !== undefined;
    try {
      const token = bearerToken(state.headers);
      return token === undefined ? undefined : await tokens.verify(token);
    } catch (error) {
      if (error instanceof UnauthorizedError) return undefined;
      throw error;
    }
  }

  function addHeaders(event: APIGatewayProxyEvent, response: ProxyResponse | null | undefined): void {
    const { rateLimit } = stateOf(event);
    if (response && rateLimit) Object.assign(response.headers, rateLimitHeaders(rateLimit, now()));
  }

  return {
    async before({ event }) {
      const state = stateOf(event);
      if (state.preflight || state.route?.cost === 'free') return;
      const wantsAccount = state.route !== undefined && state.route.authentication !== 'none';
      const token = wantsAccount ? await tokenOf(state) : undefined;
      if (token) return admitAccount(state, token);
      await admitAddress(state, event);
      if (state.unmatched) throw state.unmatched;
      if (wantsAccount) throw new UnauthorizedError();
    },
    after({ event, response }) {
      addHeaders(event, response);
    },
    onError({ event, response }) {
      addHeaders(event, response);
    },
  };
}
