import type { Caller, RouteFacts, Services } from '../route.ts';
import { type Middleware, stateOf } from './state.ts';

/** A request of a known caller that ended with an error, wherever that was. */
export interface Refused {
  readonly route: RouteFacts;
  /** As they are in the path, not validated. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly id: string;
  readonly sourceIp: string;
  readonly error: unknown;
}

export type NoteRefusal<S> = (refused: Refused, services: S) => Promise<void>;

/** Hands each such request to `note`. The response stays what it is, whether or not that succeeds. */
export function noteRefusals<S extends Services>(note: NoteRefusal<S>, services: S): Middleware {
  return {
    async onError({ event, error }) {
      const { route, parameters, caller, id } = stateOf(event);
      if (!route || !caller) return;
      const { sourceIp } = event.requestContext.identity;
      try {
        await note({ route, parameters, caller, id, sourceIp, error }, services);
      } catch (unnoted) {
        services.logger.error('a refused request is not noted', { request_id: id, error: unnoted as Error });
      }
    },
  };
}
