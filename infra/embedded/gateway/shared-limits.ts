import { BodyQuota } from './body-quota.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { GatewayLimits } from './limits.ts';

/** The counters that all listeners of a host share: a client of several surfaces is one client. */
export interface SharedLimits {
  readonly limits: GatewayLimits;
  readonly bodies: BodyQuota;
  readonly connections: ConcurrencyLimit;
  readonly requests: ConcurrencyLimit;
}

export function shareLimits(limits: GatewayLimits): SharedLimits {
  const { connectionsPerAddress: perAddress, connections: total } = limits;
  return {
    limits,
    bodies: new BodyQuota(limits),
    connections: new ConcurrencyLimit({ perAddress, total }),
    // A client may pipeline several requests on one connection.
    requests: new ConcurrencyLimit({ perAddress, total: Number.POSITIVE_INFINITY }),
  };
}
