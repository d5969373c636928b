import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { EventBridgeEvents } from '#aws/events/events.ts';
import { clientConfig } from '../client-options.ts';
import type { Part } from './part.ts';

export const events: Part = ({ variables, options, now }) => ({
  events: new EventBridgeEvents({
    client: new EventBridgeClient(clientConfig(options)),
    bus: variables.TRAINYARD_BUS,
    now,
  }),
});
