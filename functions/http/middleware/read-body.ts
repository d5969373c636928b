import { andThen } from '#domain/awaitable.ts';
import type { Settings } from '#domain/settings.ts';
import { receiveBody } from '../body/receive-body.ts';
import { type Middleware, stateOf } from './state.ts';

/**
 * Reads the body that the route declares. It runs after `admit`, so that a host that reads bodies on demand receives none
 * of a request that is refused before.
 */
export function readBody(settings: Settings): Middleware {
  return {
    before({ event, context }) {
      const state = stateOf(event);
      return andThen(receiveBody(event, context, settings), (content) => {
        if (content) state.body = { contentType: state.body.contentType, content };
      });
    },
  };
}
