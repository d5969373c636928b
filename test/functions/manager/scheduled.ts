/** The schedule of the vault, and the jobs that it hands on. */
import type { Adapters } from '#domain/ports/adapters.ts';
import { makeHandler as makeSchedule } from '#functions/events/back-up-vaults.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { deliverer } from './deliver.ts';
import type { VaultWorld } from './world.ts';

export interface Scheduler {
  /** Runs the schedule alone. */
  find(change?: (adapters: Adapters) => Adapters): Promise<void>;
  /** Runs the schedule, and then every job that there is. */
  run(change?: (adapters: Adapters) => Adapters): Promise<void>;
}

/** What they log as errors is in `platform.logged`. */
export function scheduler(world: VaultWorld): Scheduler {
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error: (...line: unknown[]) => world.platform.logged.push(String(line[0])),
  };
  const find: Scheduler['find'] = async (change = (adapters) => adapters) => {
    const { store, settings } = world.platform;
    await makeSchedule(permitted('back-up-vaults', change(store)), { settings, logger })();
  };
  return {
    find,
    async run(change) {
      await find(change);
      const deliver = deliverer(world, change);
      while (await deliver());
    },
  };
}
