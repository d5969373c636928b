import type { Bench } from '../bench.ts';
import { createWebhook } from './requests.ts';
import { rowBenches } from './rows.ts';

/** A webhook with a new secret, which is stored encrypted. No event comes, so nothing is delivered. */
export const benches: readonly Bench[] = rowBenches({
  name: 'create-webhook',
  request: createWebhook,
  models: 1,
  settings: { webhooks: 1_000_000_000 },
});
