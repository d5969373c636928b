import { type Middleware, stateOf } from './state.ts';

/** The gateway's id of the request, for the response and the log. */
export function requestId(): Middleware {
  return {
    before({ event, context }) {
      stateOf(event).id = event.requestContext.requestId || context.awsRequestId;
    },
    after({ event, response }) {
      if (response) response.headers['X-Request-Id'] = stateOf(event).id;
    },
    onError({ event, response }) {
      if (response) response.headers['X-Request-Id'] = stateOf(event).id;
    },
  };
}
