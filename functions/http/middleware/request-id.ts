import { type Middleware, stateOf } from './state.ts';

/** The gateway's identifier of the request, told to the caller and to the log. */
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
