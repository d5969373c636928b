import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { type ClientOptions, clientConfig } from '../client-options.ts';
import { EventBridgeEvents, type EventsContext } from './events.ts';

/** The bus, over a client of its own. */
export const openEvents = (options: ClientOptions, context: Omit<EventsContext, 'client'>): EventBridgeEvents =>
  new EventBridgeEvents({ client: new EventBridgeClient(clientConfig(options)), ...context });
