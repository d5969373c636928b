/** A surface: routes and an error renderer, behind the middleware stack. */
import middy from '@middy/core';
import { executionModeStreamifyResponse } from '@middy/core/executionModeStreamifyResponse';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { HttpHandler, StreamingHttpHandler } from './contract.ts';
import { makeDispatcher } from './dispatch.ts';
import type { ErrorRenderer } from './errors/renderer.ts';
import { executionModeDirect, LAST_MILLISECONDS, late } from './execution-mode.ts';
import { makeMatcher } from './match.ts';
import { admit } from './middleware/admit.ts';
import { cors } from './middleware/cors.ts';
import { logRequest } from './middleware/log-request.ts';
import { matchRoute } from './middleware/match-route.ts';
import { type NoteRefusal, noteRefusals } from './middleware/note-refusals.ts';
import { readBody } from './middleware/read-body.ts';
import { renderErrors } from './middleware/render-errors.ts';
import { requestId } from './middleware/request-id.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import type { ProxyResponse } from './middleware/state.ts';
import type { Route, Services } from './route.ts';

export interface Surface<S extends Services> {
  readonly routes: readonly Route<S>[];
  readonly renderError: ErrorRenderer;
  /** What becomes of requests of known callers that ended with an error. */
  readonly noteRefusal?: NoteRefusal<S>;
}

/** For responses that are not streamed. */
export const makeSurface = <S extends Services>(surface: Surface<S>, services: S): HttpHandler =>
  stack(surface, services, { executionMode: executionModeDirect }) as HttpHandler;

/** For streamed responses: needs the `awslambda` global of Lambda's runtime, or a host's own. */
export const makeStreamingSurface = <S extends Services>(surface: Surface<S>, services: S): StreamingHttpHandler =>
  stack(surface, services, {
    timeoutEarlyInMillis: LAST_MILLISECONDS,
    timeoutEarlyResponse: () => {
      throw late();
    },
    executionMode: executionModeStreamifyResponse,
  }) as StreamingHttpHandler;

/**
 * From the outside in. Responses and errors pass in reverse order: the error is rendered first, and the others add
 * their headers to the response. The result is `unknown` because its type depends on the execution mode.
 */
function stack<S extends Services>(surface: Surface<S>, services: S, plugin: middy.PluginObject): unknown {
  const { adapters, settings, logger } = services;
  const { noteRefusal } = surface;
  return middy<APIGatewayProxyEvent, ProxyResponse>(plugin)
    .use(requestId())
    .use(logRequest(logger, adapters.now))
    .use(securityHeaders())
    .use(cors(settings.corsOrigins))
    .use(matchRoute(makeMatcher(surface.routes)))
    .use(admit(services))
    .use(readBody(settings))
    .use(noteRefusal ? noteRefusals(noteRefusal, services) : [])
    .use(renderErrors(surface.renderError, logger, adapters.now))
    .handler(makeDispatcher(surface.routes, services));
}
