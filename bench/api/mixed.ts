import type { Bench } from '../bench.ts';
import { compare } from './comparison.ts';
import { HERE } from './host/host.ts';
import { startLoad } from './load/load.ts';
import { openOurs } from './ours.ts';
import { mix } from './requests.ts';

const CLIENTS = 64;
const MODELS = 200;
const SLICES = 6;
const SECONDS = 60;

/**
 * A host under what 64 users do at once. With the folder of another checkout, that one's host in turns in the same run:
 * above 1, this one is faster.
 */
const mixed: Bench = {
  name: 'api/mixed',
  unit: 'requests/s',
  run: async ({ seconds = SECONDS, versus, cpuProfile } = {}) => {
    await using load = startLoad();
    await using ours = await openOurs({ checkout: HERE, models: MODELS, cpuProfile });
    await using theirs = versus === undefined ? undefined : await openOurs({ checkout: versus, models: MODELS });
    return await compare(
      load,
      { clients: CLIENTS, seconds, slices: SLICES },
      { ...ours, kinds: mix(ours.account) },
      theirs && { ...theirs, kinds: mix(theirs.account) },
    );
  },
};

export const benches: readonly Bench[] = [mixed];
