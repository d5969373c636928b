import type { Bench } from '../bench.ts';
import { HERE } from './host/host.ts';
import { startLoad } from './load/load.ts';
import { answered } from './load/statistics.ts';
import { openOurs } from './ours.ts';
import { residentMiB } from './process.ts';
import { mix } from './requests.ts';

const CLIENTS = 64;
const MODELS = 20;
/** After how many requests memory is looked at. */
const [EARLY, LATE] = [10_000, 100_000];
/** The later look comes after so long, however many there were by then. */
const SECONDS = 900;

/** What a host holds after many requests of the mix: its process, and its main thread's objects that are not garbage. */
const memory: Bench = {
  name: 'api/memory',
  unit: 'MiB',
  run: async ({ seconds = SECONDS } = {}) => {
    await using load = startLoad();
    await using host = await openOurs({ checkout: HERE, models: MODELS });
    const order = { base: host.base, clients: CLIENTS, kinds: mix(host.account) };
    const look = async () => ({ resident: residentMiB(host.pid) ?? Number.NaN, heap: await host.heapMiB() });
    const first = await load.run({ ...order, seconds: seconds / 2, requests: EARLY, seed: 1 });
    const early = await look();
    const left = { seconds: seconds - first.seconds, requests: LATE - EARLY };
    const rest = await load.run({ ...order, ...left, seed: 2 });
    const late = await look();
    return {
      ours: late.resident,
      peer: null,
      spread: 0,
      more: {
        early: early.resident,
        growth: late.resident / early.resident,
        heap: late.heap,
        heapEarly: early.heap,
        heapGrowth: late.heap / early.heap,
        requestsEarly: answered(first),
        requests: answered(first) + answered(rest),
      },
    };
  },
};

export const benches: readonly Bench[] = [memory];
