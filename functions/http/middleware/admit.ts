import type { APIGatewayProxyEvent } from 'aws-lambda';
import { MADE_BY_A_KEY } from '#domain/accounts/api-keys.ts';
import { includes, scopeOf } from '#domain/accounts/scopes.ts';
import { findSession, findSessionByRefreshToken, type Session } from '#domain/accounts/sessions.ts';
import { type Awaitable, andThen, isPromise } from '#domain/awaitable.ts';
import { addressBucket } from '#domain/client-address.ts';
import { ForbiddenError, RateLimitError, TrainyardError, UnauthorizedError } from '#domain/errors.ts';
import type { AccessToken } from '../authentication/access-token.ts';
import { credentialsOf, presents } from '../authentication/credentials.ts';
import { operatorOf } from '../authentication/operator.ts';
import { refreshTokenIn } from '../authentication/refresh-token.ts';
import { receiveBody } from '../body/receive-body.ts';
import type { HandlerContext } from '../contract.ts';
import { addRateLimit, countCall, countRequest, enforce, type RateLimitStatus } from '../rate-limit.ts';
import type { Caller, Services } from '../route.ts';
import { type Middleware, type ProxyResponse, type RequestState, stateOf } from './state.ts';

const BEARER = 'Bearer ';

const ofSession = (session: Session): Caller => ({
  accountId: session.account_id,
  userId: session.user_id,
  scope: scopeOf(session.role),
  session,
});

/**
 * Authenticates, rate-limits and authorizes. A token is verified without a remote call; then its session is read and the
 * request counted, concurrently. An API key, or the refresh token of a body, is looked up, then the request is counted for
 * its account. Without valid credentials the request counts for the client's address. Throws `RateLimitError`, `UnauthorizedError`, `ForbiddenError`,
 * and the error of a request that matches no route.
 */
export function admit(services: Services): Middleware {
  const { adapters, settings, tokens, apiKeys } = services;
  const { table, now } = adapters;

  function countAccount(state: RequestState, accountId: string): Awaitable<void> {
    state.client = `account#${accountId}`;
    return limited(state, countCall(table, accountId, settings.rates.authenticatedPerHour, now()));
  }

  function limited(state: RequestState, counting: Awaitable<RateLimitStatus>): Awaitable<void> {
    return andThen(counting, (status) => {
      state.rateLimit = status;
      enforce(status, now());
    });
  }

  function bySession(state: RequestState, { accountId, sessionId }: AccessToken): Awaitable<Caller> {
    const finding = findSession(table, accountId, sessionId);
    const refused = (error: unknown) => refuse(state, finding, error);
    let counting: Awaitable<void>;
    try {
      counting = countAccount(state, accountId);
    } catch (error) {
      return refused(error);
    }
    const both = isPromise(counting) ? Promise.all([finding, counting]).then(([found]) => found, refused) : finding;
    return andThen(both, (session) => {
      if (!session) throw new UnauthorizedError();
      return ofSession(session);
    });
  }

  /** Who calls is known also of a request that is beyond the limit. Rejects with the error. */
  async function refuse(state: RequestState, finding: Awaitable<Session | undefined>, error: unknown): Promise<never> {
    const session = error instanceof RateLimitError ? await finding : undefined;
    if (session) state.caller = ofSession(session);
    throw error;
  }

  async function byKey(state: RequestState, given: string): Promise<Caller | undefined> {
    const key = await apiKeys.find(given);
    if (!key) return undefined;
    const owner = key.created_by === MADE_BY_A_KEY ? {} : { keyOwner: key.created_by };
    const caller = { accountId: key.account_id, scope: key.scope, keyHash: key.sha256, ...owner };
    // Known also of a request that is refused next.
    state.caller = caller;
    await countAccount(state, key.account_id);
    return caller;
  }

  /** The caller, whose request is counted; `undefined` if the request has no valid credentials. */
  function identify(state: RequestState, event: APIGatewayProxyEvent): Awaitable<Caller | undefined> {
    state.presented = presents(state.headers);
    const operator = operatorOf(event, state.route, state.headers);
    if (operator) {
      state.caller = operator;
      return andThen(countAccount(state, operator.accountId), () => operator);
    }
    const recalled = recall(state.headers);
    return recalled ? bySession(state, recalled) : byCredentials(state);
  }

  async function byCredentials(state: RequestState): Promise<Caller | undefined> {
    const given = await verified(state);
    if (given?.kind === 'token') return bySession(state, given.token);
    return given && byKey(state, given.key);
  }

  /** Without a known refresh token there is no caller: the route refuses that once the body is validated. */
  async function admitSession(state: RequestState, event: APIGatewayProxyEvent, context: HandlerContext) {
    const token = await presentedRefreshToken(event, context);
    const session = token === undefined ? undefined : await findSessionByRefreshToken(table, token);
    if (!session) return admitAddress(state);
    state.caller = ofSession(session);
    await countAccount(state, session.account_id);
  }

  /** `undefined` also if the body cannot be received: `readBody` then says why. */
  async function presentedRefreshToken(event: APIGatewayProxyEvent, context: HandlerContext) {
    try {
      const content = await receiveBody(event, context, settings);
      return content && refreshTokenIn(await content.bytes());
    } catch (error) {
      if (error instanceof TrainyardError) return undefined;
      throw error;
    }
  }

  /** By the access token that it most often is: of those that were verified, the form need not be looked at again. */
  function recall({ authorization, 'x-api-key': key }: RequestState['headers']): AccessToken | undefined {
    if (key !== undefined || authorization?.startsWith(BEARER) !== true) return undefined;
    return tokens.recall(authorization.slice(BEARER.length));
  }

  async function verified(state: RequestState) {
    try {
      const given = credentialsOf(state.headers);
      return given?.kind === 'token' ? { ...given, token: await tokens.verify(given.token) } : given;
    } catch (error) {
      if (error instanceof UnauthorizedError) return undefined;
      throw error;
    }
  }

  /** Throws `ForbiddenError` unless the caller's scope includes the route's. */
  function permit({ scope: has }: Caller, needed: RequestState['route']): void {
    const scope = needed?.scope;
    if (scope && !includes(has, scope)) throw new ForbiddenError(`This needs the scope ${scope}; yours is ${has}`);
  }

  /** Of large documents, which cost more to send than to make. They count by themselves, so that reading them takes no request away. */
  const admitReader = (state: RequestState): Awaitable<void> =>
    limited(state, countRequest(table, `documents#${state.client}`, settings.rates.documentsPerHour, now()));

  const admitAddress = (state: RequestState): Awaitable<void> =>
    limited(state, countRequest(table, state.client, settings.rates.anonymousPerHour, now()));

  function addHeaders(event: APIGatewayProxyEvent, response: ProxyResponse | null | undefined): void {
    const { rateLimit } = stateOf(event);
    if (response && rateLimit) addRateLimit(response.headers, rateLimit, now());
  }

  return {
    before({ event, context }) {
      const state = stateOf(event);
      state.client = `address#${addressBucket(event.requestContext.identity.sourceIp)}`;
      if (state.preflight || state.route?.cost === 'free') return;
      if (state.route?.cost === 'document') return admitReader(state);
      if (state.route?.authentication === 'session') return admitSession(state, event, context);
      const asksWho = state.route !== undefined && state.route.authentication !== 'none';
      return andThen(asksWho ? identify(state, event) : undefined, (caller) => {
        if (caller) {
          state.caller = caller;
          return permit(caller, state.route);
        }
        return andThen(admitAddress(state), () => {
          if (state.unmatched) throw state.unmatched;
          if (asksWho) throw new UnauthorizedError();
        });
      });
    },
    after({ event, response }) {
      addHeaders(event, response);
    },
    onError({ event, response }) {
      addHeaders(event, response);
    },
  };
}
