import { lazily } from './lazily.ts';
import type { Part } from './part.ts';

export const events: Part = ({ variables, options, now }) => ({
  events: lazily(async () =>
    (await import('../events/open.ts')).openEvents(options, { bus: variables.TRAINYARD_BUS, now }),
  ),
});
