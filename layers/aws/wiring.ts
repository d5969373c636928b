/** All parts of a deployment, for the trainer's container. A function's bundle begins with those that it uses. */
import { blobs } from './wiring/blobs.ts';
import { bootstrap } from './wiring/bootstrap.ts';
import { compute } from './wiring/compute.ts';
import { events } from './wiring/events.ts';
import { keys } from './wiring/keys.ts';
import { queues } from './wiring/queues.ts';
import { table } from './wiring/table.ts';
import type { Environment } from './wiring/variables.ts';
import { type Wired, wireParts } from './wiring/wire.ts';

export { EnvironmentError } from './wiring/variables.ts';

/** Throws `EnvironmentError`. */
export const wire = (environment: Environment): Wired =>
  wireParts(environment, [table, blobs, queues, bootstrap, events, keys, compute]);
