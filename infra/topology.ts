/**
 * What Trainyard consists of, as plain data: every surface, function, queue, event rule, schedule, table, bucket and
 * key. The one-machine host and the CDK app read this same file, so that the two cannot drift.
 *
 * To find the function behind a path: `topology/surfaces/SURFACE.ts` has the surface's paths and its functions. A
 * function `SURFACE-WHAT` is in `functions/SURFACE/WHAT.ts`. Functions that no surface calls are in
 * `topology/background.ts`.
 */
import * as background from './topology/background.ts';
import * as catalog from './topology/surfaces/catalog.ts';
import * as manager from './topology/surfaces/manager.ts';
import * as platform from './topology/surfaces/platform.ts';
import * as training from './topology/surfaces/training.ts';
import type * as types from './topology/types.ts';

export { queues, rules, schedules, trainer } from './topology/background.ts';
export { buckets, keys, table } from './topology/storage.ts';
export type { BucketUse, EventRule, FunctionSpec, QueueSpec, Schedule, TableUse, Uses } from './topology/types.ts';

export const surfaces = {
  platform: platform.surface,
  catalog: catalog.surface,
  manager: manager.surface,
  training: training.surface,
} as const;
export type SurfaceName = keyof typeof surfaces;

const every = {
  ...platform.functions,
  ...catalog.functions,
  ...manager.functions,
  ...training.functions,
  ...background.functions,
} as const;
export type FunctionName = keyof typeof every;

export const functions: Readonly<Record<FunctionName, types.FunctionSpec>> = every;

export type Surface = types.Surface<FunctionName>;
export type SurfaceRoute = types.SurfaceRoute<FunctionName>;
