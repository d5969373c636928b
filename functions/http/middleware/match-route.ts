import { TrainyardError } from '#domain/errors.ts';
import type { Matcher } from '../match.ts';
import type { Services } from '../route.ts';
import { type Middleware, stateOf } from './state.ts';

/** If there is no route, `admit` throws the error once it has counted the request. */
export function matchRoute<S extends Services>(match: Matcher<S>): Middleware {
  return {
    before({ event }) {
      const state = stateOf(event);
      try {
        const found = match(event.httpMethod, event.path);
        if ('preflight' in found) state.preflight = found;
        else {
          state.route = found.route;
          state.parameters = found.parameters;
        }
      } catch (error) {
        if (!(error instanceof TrainyardError)) throw error;
        state.unmatched = error;
      }
    },
  };
}
