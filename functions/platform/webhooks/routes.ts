/** Every route of webhooks. */
import type { Route } from '#functions/http/route.ts';
import { create } from './create.ts';
import { deliveries } from './deliveries.ts';
import { list } from './list.ts';
import { read } from './read.ts';
import { redeliver } from './redeliver.ts';
import { remove } from './remove.ts';
import { replay } from './replay.ts';
import { rotate } from './rotate-secret.ts';
import { test } from './test.ts';
import { update } from './update.ts';

export const webhookRoutes: readonly Route[] = [
  create,
  list,
  read,
  update,
  remove,
  test,
  rotate,
  deliveries,
  redeliver,
  replay,
];
